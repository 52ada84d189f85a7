import Testing

/// The built programs, run as they are on real ALSA and real sockets, one test at a time.
@Suite(
    .serialized,
    .enabled(if: Programs.areBuilt, "a build without packages has no programs: name some in EARPOST_PROGRAMS")
)
enum EndToEnd {}
