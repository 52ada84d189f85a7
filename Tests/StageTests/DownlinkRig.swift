import Audio
import Crossing
import Downlink
import SignalChain
import Timeline

/// The speaker's side around a downlink queue: it plays what is in the ring when told to, all on the test's
/// thread.
final class DownlinkRig {
    let queue: DownlinkQueue
    let settings: DownlinkSettings
    private let gauges = SpeakerGauges(format: Gauge(), heard: Gauge(), discardBefore: Gauge())
    private var bytes: SampleConsumer
    private var marks: MarkConsumer
    /// Every mark that was pushed, and what the bytes now are.
    private(set) var opened: [DeviceMark] = []
    /// What sounded, bytes since the last change of format.
    private(set) var played: [UInt8] = []
    /// In nanoseconds; `pump` moves it by 20 ms.
    private(set) var now: Int64 = 0
    private(set) var ended: [Ended] = []

    struct Ended: Equatable {
        let number: UInt64
        let end: PlaybackEnd
    }

    init(_ settings: DownlinkSettings, _ format: PCMFormat? = nil, ringBytes: Int = 1 << 20) throws {
        let ring = try SampleRing(capacityBytes: ringBytes)
        let markRing = try MarkRing(capacity: 8)
        self.settings = settings
        bytes = ring.consumer
        marks = markRing.consumer
        queue = DownlinkQueue(
            settings: settings, speaker: gauges, ring: ring.producer, marks: markRing.producer)
        self.format = format
    }

    /// The speaker's; nil while there is none.
    var format: PCMFormat? {
        get { PCMFormat(packed: gauges.format.value) }
        set { gauges.format.set(newValue?.packed ?? 0) }
    }

    var heard: Int64 { gauges.heard.value }
    var discardBefore: Int64 { gauges.discardBefore.value }
    /// Bytes in the ring.
    var waiting: Int { bytes.filledBytes() }

    func pump() {
        now += 20_000_000
        ended += queue.pump(now: BootTime(nanoseconds: now)).map { Ended(number: $0.0.value, end: $0.1) }
    }

    /// Plays at most `limit` bytes, obeying marks and what is to be discarded.
    func play(_ limit: Int = .max) {
        var left = limit
        while true {
            while let mark = marks.peek(), mark.offset == bytes.consumed {
                _ = marks.pop()
                opened.append(mark)
                played = []
            }
            let before = marks.peek().map { Int($0.offset - bytes.consumed) } ?? .max
            let (block, start) = (Self.read(min(before, left), from: &bytes), Int64(bytes.consumed))
            guard !block.isEmpty else { break }
            let stale = min(block.count, max(0, Int(discardBefore - start)))
            played += block[stale...]
            bytes.release(block.count)
            left -= block.count
        }
        gauges.heard.set(Int64(bytes.consumed))
    }

    private static func read(_ limit: Int, from ring: inout SampleConsumer) -> [UInt8] {
        let region = ring.region(atMost: limit)
        return region.withUnsafeBytes { Array($0) }
    }

    /// What was played of the first channel, of 16 or 32 bits, as 16-bit samples.
    func samples(of format: PCMFormat) -> [Int16] {
        stride(from: 0, to: played.count, by: format.bytesPerFrame).map { first in
            let high = first + format.sample.bytesPerSample - 2
            return Int16(bitPattern: UInt16(played[high]) | UInt16(played[high + 1]) << 8)
        }
    }

    /// Says all of `samples` at once.
    func say(_ number: UInt64, _ samples: [Int16]) {
        queue.begin(UtteranceID(number))
        queue.append(samples, to: UtteranceID(number))
        queue.complete(UtteranceID(number))
    }
}

extension DownlinkSettings {
    static func speech(_ hertz: Int = 24_000, prebufferMilliseconds: Int = 40) -> DownlinkSettings {
        DownlinkSettings(rate: SampleRate(hertz: hertz), prebufferMilliseconds: prebufferMilliseconds)
    }
}
