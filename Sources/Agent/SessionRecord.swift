import Audio
import ControlProtocol
import Timeline
import Transcript

/// What a session is, kept beside its audio, so that whoever finds the audio knows what to do with it.
struct SessionIdentity: Codable, Equatable, Sendable {
    /// Of this shape.
    var version = 1
    var session: String
    /// The kernel's name of the boot the session belongs to: boot times of another one mean nothing.
    var bootID: String
    /// When position 0 was captured.
    var startedBoot: Int64
    var startedWall: Int64
    /// The uplink rate, in hertz.
    var rate: Int
    var channels: Int
    /// `AudioEncoding`'s name.
    var encoding: String
    /// The session before this one.
    var predecessor: String?

    private enum CodingKeys: String, CodingKey {
        case session, rate, channels, encoding, predecessor
        case version = "v"
        case bootID = "boot_id"
        case startedBoot = "started_boot_ns"
        case startedWall = "started_wall_ns"
    }

    /// Whether audio of `other` can follow on the same timeline.
    func goesOn(as other: SessionIdentity) -> Bool {
        bootID == other.bootID && rate == other.rate && channels == other.channels
            && encoding == other.encoding
    }

    /// Both clocks at position 0.
    var started: ClockSample {
        ClockSample(boot: BootTime(nanoseconds: startedBoot), wall: WallTime(nanoseconds: startedWall))
    }
}

/// How far a session's books had come, kept beside its audio: what a program that goes on with the session
/// cannot find out from the records and the transcript.
struct SessionCheckpoint: Codable, Equatable, Sendable {
    /// Of this shape.
    var version = 1
    /// Up to where words are written, channel by channel: positions.
    var cuts: [Int64]
    var ledger: LedgerBalance
    /// When the frame at the ledger's head was captured, or will be: nanoseconds of boot time.
    var headBoot: Int64
    /// The newest sample of both clocks.
    var sampleBoot: Int64
    var sampleWall: Int64
    /// What was given up and is not yet behind what is confirmed: it holds, whatever is found where it lay.
    var given: [Given]

    /// A stretch that was given up.
    struct Given: Codable, Equatable, Sendable {
        var start: Int64
        var end: Int64
        /// `GapCause`'s raw value.
        var cause: UInt8

        init(_ gap: Gap) {
            (start, end, cause) = (gap.start.frames, gap.end.frames, gap.cause.rawValue)
        }

        var gap: Gap? {
            guard start < end else { return nil }
            return Gap(
                start: StreamPosition(frames: start), end: StreamPosition(frames: end),
                cause: GapCause(rawValue: cause) ?? .expired)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case cuts, ledger, given
        case version = "v"
        case headBoot = "head_boot_ns"
        case sampleBoot = "sample_boot_ns"
        case sampleWall = "sample_wall_ns"
    }

    /// `headTime`: when the last record ended.
    init(_ builder: TranscriptBuilder, headTime: BootTime?, given gaps: [Gap]) {
        given = gaps.map(Given.init)
        cuts = builder.cuts.map(\.frames)
        ledger = builder.ledger.balance
        headBoot = (headTime ?? builder.clock.bootTime(of: builder.ledger.head)).nanoseconds
        sampleBoot = builder.clock.sample.boot.nanoseconds
        sampleWall = builder.clock.sample.wall.nanoseconds
    }

    var sample: ClockSample {
        ClockSample(boot: BootTime(nanoseconds: sampleBoot), wall: WallTime(nanoseconds: sampleWall))
    }
}

extension Encodable {
    /// As it is kept beside the audio.
    var blob: [UInt8] { (try? JSONLine.encode(self)) ?? [] }
}
