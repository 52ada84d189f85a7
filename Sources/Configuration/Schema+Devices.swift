import Audio

extension Schema {
    static let capture = [
        Setting(
            "capture.device", \.capture.device, .text("a PCM name of ALSA"),
            "The microphone; earpost devices lists the names."),
        Setting("capture.rate", \.capture.rate, .deviceRate, "The rate the microphone is opened with."),
        Setting(
            "capture.channels", \.capture.channels, .negotiable(.integer(PCMFormat.supportedChannels)),
            "How many channels the microphone is opened with."),
        Setting(
            "capture.format", \.capture.format, .negotiable(.sampleFormat),
            "How the microphone's samples lie in memory."),
        Setting(
            "capture.period_ms", \.capture.period, .milliseconds(2...200),
            "How much the microphone delivers at a time."),
        Setting(
            "capture.buffer_ms", \.capture.buffer, .milliseconds(10...4_000),
            "How much the microphone holds for a late reader: at least two periods."),
        Setting(
            "capture.channel", \.capture.selection, .channelSelection,
            "Which captured channels go up: their mean, each of them, or one, counted from 0."),
        Setting("capture.gain_db", \.capture.gainDecibels, .decibels(-40...40), "Amplification."),
        Setting(
            "capture.realtime_priority", \.capture.realtimePriority, .integer(0...99),
            "SCHED_FIFO priority of the capturing thread; 0 leaves it an ordinary one."),
    ]

    static let playback = [
        Setting(
            "playback.device", \.playback.device, .playbackDevice,
            "The speaker; \"none\" where there is none, and nothing is spoken."),
        Setting("playback.rate", \.playback.rate, .deviceRate, "The rate the speaker is opened with."),
        Setting(
            "playback.channels", \.playback.channels, .negotiable(.integer(PCMFormat.supportedChannels)),
            "How many channels the speaker is opened with; each plays the same."),
        Setting(
            "playback.period_ms", \.playback.period, .milliseconds(2...200),
            "How much the speaker takes at a time."),
        Setting(
            "playback.buffer_ms", \.playback.buffer, .milliseconds(10...4_000),
            "How much the speaker holds ahead: at least two periods."),
        Setting("playback.volume_db", \.playback.volumeDecibels, .decibels(-60...0), "Attenuation."),
        Setting(
            "playback.realtime_priority", \.playback.realtimePriority, .integer(0...99),
            "SCHED_FIFO priority of the playing thread; 0 leaves it an ordinary one."),
    ]

    static let policy = [
        Setting(
            "delivery", \.delivery, .word,
            "Whether all audio is sent, however late, or only what is fresh.")
    ]

    static let storage = [
        Setting(
            "journal.ram_bytes", \.journal.ramBytes, .bytes(64 << 10...256 << 20),
            "How much encoded audio is kept in memory until the service has confirmed it."),
        Setting(
            "journal.ram_file", \.journal.ramFile, .path(),
            "Where the log in memory is: on a tmpfs that outlives the daemon."),
        Setting(
            "journal.directory", \.journal.directory, .path(),
            "Where the journal on disk is."),
        Setting(
            "journal.max_bytes", \.journal.maximumBytes, .bytes(4 << 20...1 << 42),
            "What the journal on disk may take; beyond it the oldest audio is given up."),
        Setting(
            "journal.max_age", \.journal.maximumAge, .span(60...366 * 86_400),
            "Audio older than this is given up."),
        Setting(
            "journal.spool_after", \.journal.spoolAfter, .span(0...3_600),
            "An outage that lasts longer is kept on disk, too."),
        Setting(
            "journal.durability", \.journal.durability, .word,
            "What goes to disk: what waits in an outage, or everything each second against power cuts."),
        Setting(
            "journal.fresh_age", \.journal.freshAge, .span(1...3_600),
            "With delivery \"fresh\": older audio is not sent any more."),
        Setting(
            "journal.purge_on_mute", \.journal.purgesOnMute, .boolean,
            "Whether muting also takes back what was captured and not sent yet."),
        Setting(
            "transcript.directory", \.transcript.directory, .path(),
            "Where transcripts are written, one file a session."),
    ]

    static let sockets = [
        Setting(
            "control.socket", \.control.path, .socket,
            "The socket that takes commands."),
        Setting("control.mode", \.control.mode, .mode, "Who may open it: the permission bits."),
        Setting(
            "observe.socket", \.observe.path, .socket,
            "The socket that only tells: status, events and transcript."),
        Setting("observe.mode", \.observe.mode, .mode, "Who may open it: the permission bits."),
        Setting("log.level", \.log.level, .word, "The least important message that is logged."),
    ]
}
