import Audio
import SpeechProtocol

/// Everything the daemon can be told, checked: whatever has this type, the daemon can try to run.
///
/// A value starts as all defaults and is made only by `load`. Each field belongs to one row of `Schema`,
/// which names its key in the file, what the key may hold, and what it does; `docs/CONFIGURATION.md` prints
/// that table.
package struct AgentConfiguration: Sendable, Equatable {
    /// What becomes of audio that could not be sent in time.
    package internal(set) var delivery = DeliveryPolicy.complete
    package internal(set) var listen = Listen()
    package internal(set) var speak = Speak()
    package internal(set) var auth = Authentication()
    package internal(set) var capture = Capture()
    package internal(set) var playback = Playback()
    package internal(set) var journal = Journal()
    package internal(set) var transcript = Transcript()
    package internal(set) var control = Socket(path: "/run/earpost/control.sock")
    package internal(set) var observe = Socket(path: "/run/earpost/observe.sock")
    package internal(set) var log = Log()

    /// Where a service is, and how to reach it.
    package struct Service: Sendable, Equatable {
        package internal(set) var url: ServiceURL
        /// Whether an address without TLS is accepted although it is not on this machine.
        package internal(set) var allowsPlainText = false
        /// For name resolution, TCP, TLS and the WebSocket handshake together.
        package internal(set) var connectTimeout = Duration.milliseconds(10_000)
        /// PEM certificates to trust besides the system's; nil = none.
        package internal(set) var certificates: AbsolutePath?
        /// What goes into the address beside the parameters that have keys of their own, in order of name.
        package internal(set) var query: [ParameterSetting] = []
    }

    /// The service that hears, and what is sent to it.
    package struct Listen: Sendable, Equatable {
        package internal(set) var service = Service(
            url: ServiceURL(isSecure: true, host: "api.deepgram.com", port: 443, path: "/v1/listen"))
        package internal(set) var model = "nova-3"
        /// A BCP-47 tag or `multi`; nil = the parameter is left out.
        package internal(set) var language: String?
        package internal(set) var encoding = AudioEncoding.opus
        /// The uplink's rate; with Opus, one the codec has.
        package internal(set) var rate = SampleRate(hertz: 16_000)
        /// The uplink's channels, 1 to 8; 1 with Opus.
        package internal(set) var channels = 1
        package internal(set) var wantsInterimResults = true
        /// A linear16 message's length, 20 to 250 ms: a whole number of frames at `rate`.
        package internal(set) var chunk = Duration.milliseconds(100)
        package internal(set) var opus = Opus()
        /// How fast a backlog is sent, in percent of real time: 101 to 1 000.
        package internal(set) var catchUpPercent = 125
        /// Audio sent in a day of UTC at most, in minutes; 0 = as much as there is.
        package internal(set) var dailyMinutes = 0
    }

    /// What the encoder is told.
    package struct Opus: Sendable, Equatable {
        /// In bits per second, 6 000 to 128 000.
        package internal(set) var bitrate = 32_000
        /// 0 (least work) to 10.
        package internal(set) var complexity = 5
        package internal(set) var application = OpusApplication.voip
    }

    /// The service that speaks.
    package struct Speak: Sendable, Equatable {
        package internal(set) var service = Service(
            url: ServiceURL(isSecure: true, host: "api.deepgram.com", port: 443, path: "/v1/speak"))
        package internal(set) var model = "aura-2-thalia-en"
        /// The rate of the speech asked for.
        package internal(set) var rate = SampleRate(hertz: 24_000)
        /// Whether the socket stays open between answers; otherwise it is opened for each.
        package internal(set) var keepsWarm = false
    }

    /// How the daemon shows who it is. The key itself is not here, and nowhere in the configuration.
    package struct Authentication: Sendable, Equatable {
        package internal(set) var scheme = AuthenticationScheme.token
        package internal(set) var keyFile: AbsolutePath?
    }

    /// The microphone. `Negotiable.automatic` leaves the choice to the device.
    package struct Capture: Sendable, Equatable {
        /// A PCM name as libasound takes it.
        package internal(set) var device = "default"
        package internal(set) var rate = Negotiable<SampleRate>.automatic
        /// 1 to 8.
        package internal(set) var channels = Negotiable<Int>.automatic
        package internal(set) var format = Negotiable<SampleFormat>.automatic
        package internal(set) var period = Duration.milliseconds(20)
        /// At least two periods.
        package internal(set) var buffer = Duration.milliseconds(200)
        package internal(set) var selection = ChannelSelection.mix
        /// −40 to 40.
        package internal(set) var gainDecibels = 0.0
        /// A `SCHED_FIFO` priority, 1 to 99; 0 = an ordinary thread.
        package internal(set) var realtimePriority = 10
    }

    /// The speaker.
    package struct Playback: Sendable, Equatable {
        package internal(set) var device = PlaybackDevice.named("default")
        package internal(set) var rate = Negotiable<SampleRate>.automatic
        /// 1 to 8.
        package internal(set) var channels = Negotiable<Int>.automatic
        package internal(set) var period = Duration.milliseconds(20)
        /// At least two periods.
        package internal(set) var buffer = Duration.milliseconds(100)
        /// −60 to 0.
        package internal(set) var volumeDecibels = 0.0
        /// A `SCHED_FIFO` priority, 1 to 99; 0 = an ordinary thread.
        package internal(set) var realtimePriority = 10
    }

    /// What is kept until the service has confirmed it.
    package struct Journal: Sendable, Equatable {
        /// The size of the log in memory, in bytes: 64 KiB to 256 MiB.
        package internal(set) var ramBytes = 4 << 20
        /// Where the log in memory is, on a file system in memory that outlives the program: what is in it
        /// survives the program's end, not the machine's.
        package internal(set) var ramFile = AbsolutePath(known: "/run/earpost/journal.ring")
        /// Where the journal on disk is.
        package internal(set) var directory = AbsolutePath(known: "/var/lib/earpost/journal")
        /// What the journal on disk may take.
        package internal(set) var maximumBytes = 1 << 30
        /// Audio older than this is given up.
        package internal(set) var maximumAge = Duration.seconds(72 * 3_600)
        /// An outage that lasts longer is kept on disk, too.
        package internal(set) var spoolAfter = Duration.seconds(30)
        package internal(set) var durability = Durability.outage
        /// With `DeliveryPolicy.fresh`: older audio is not sent any more.
        package internal(set) var freshAge = Duration.seconds(10)
        /// Whether muting also takes back what has not been sent yet.
        package internal(set) var purgesOnMute = false
    }

    /// Where the transcript is written.
    package struct Transcript: Sendable, Equatable {
        package internal(set) var directory = AbsolutePath(known: "/var/lib/earpost/transcripts")
    }

    /// One Unix socket the daemon serves.
    package struct Socket: Sendable, Equatable {
        /// At most 107 bytes.
        package internal(set) var path: AbsolutePath
        package internal(set) var mode = FileMode.ownerAndGroup

        init(path: StaticString) { self.path = AbsolutePath(known: path) }
    }

    /// What the daemon says of itself.
    package struct Log: Sendable, Equatable {
        package internal(set) var level = LogLevel.info
    }
}
