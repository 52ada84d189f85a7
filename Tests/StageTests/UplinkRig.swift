import Audio
import Crossing
import OpusCodec
import SignalChain
import Testing
import Timeline

@testable import Uplink

/// One record of the journal, copied out of it.
struct JournalRecord {
    let entry: StreamEntry
    let payload: [UInt8]

    /// The payload as linear16.
    var samples: [Int16] {
        stride(from: 0, to: payload.count, by: 2).map { index in
            Int16(bitPattern: UInt16(payload[index]) | UInt16(payload[index + 1]) << 8)
        }
    }
}

/// The capture side, the clocks and the journal's reader around one uplink loop, all on the test's thread.
final class UplinkRig {
    private final class Told {
        var events: [UplinkEvent] = []
        var clocks: (monotonic: Int64, boottime: Int64) = (0, 0)
    }

    let settings: UplinkSettings
    let controls: UplinkControls
    let vitals = UplinkVitals()
    let loop: UplinkLoop
    let start: StreamPosition
    /// Signalled by the loop.
    let appended: WakeUp
    private(set) var format: PCMFormat
    /// Everything read of the journal so far.
    private(set) var records: [JournalRecord] = []
    /// While false the reader leaves everything in the journal.
    var isReading = true
    private let told = Told()
    private var bytes: SampleProducer
    private var marks: MarkProducer
    private var journal: RecordConsumer

    /// A rig whose device is open and has `format`.
    init(
        _ settings: UplinkSettings, _ format: PCMFormat, start: Int64 = 0, resumingAfter end: BootTime? = nil,
        ringBytes: Int = 1 << 20, journalBytes: Int = 1 << 20
    ) throws {
        let samples = try SampleRing(capacityBytes: ringBytes)
        let markRing = try MarkRing(capacity: 64)
        let records = try RecordRing(capacityBytes: journalBytes)
        let told = told
        self.settings = settings
        self.format = format
        self.start = StreamPosition(frames: start)
        controls = try UplinkControls()
        appended = try WakeUp()
        bytes = samples.producer
        marks = markRing.producer
        journal = records.consumer
        loop = try UplinkLoop(
            settings: settings, controls: controls, vitals: vitals, start: self.start,
            resumingAfter: end, samples: samples.consumer, marks: markRing.consumer,
            records: records.producer, appended: appended,
            clocks: { told.clocks }, tell: { told.events.append($0) })
        open(format)
    }

    /// Bytes that capture has written.
    var written: UInt64 { bytes.written }

    var events: [UplinkEvent] { told.events }
    var clocks: (monotonic: Int64, boottime: Int64) {
        get { told.clocks }
        set { told.clocks = newValue }
    }

    func open(_ format: PCMFormat) {
        self.format = format
        mark(.opened)
    }

    func mark(
        _ kind: DeviceMark.Kind, _ cause: GapCause = .xrun, missing: Int64 = 0, monotonic: Int64 = 0,
        offset: UInt64? = nil
    ) {
        let mark = DeviceMark(
            kind: kind, cause: cause, offset: offset ?? bytes.written, monotonicNanoseconds: monotonic,
            missing: missing, format: format)
        if marks.push(mark) { return }
        loop.drain()
        let pushed = marks.push(mark)
        #expect(pushed)
    }

    /// Writes `block`, draining where the ring is full.
    func push(bytes block: [UInt8]) {
        var done = 0
        while done < block.count {
            done += Self.write(block[done...], to: &bytes)
            if done < block.count { drain() }
        }
    }

    /// Writes as many of `block` as fit.
    private static func write(_ block: ArraySlice<UInt8>, to ring: inout SampleProducer) -> Int {
        var region = ring.region(atMost: block.count)
        let count = region.byteCount
        region.withUnsafeMutableBytes { target in
            block.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        ring.commit(count)
        return count
    }

    func push(_ samples: [Int16]) { push(bytes: samples.withUnsafeBytes { Array($0) }) }
    func push(_ samples: [Int32]) { push(bytes: samples.withUnsafeBytes { Array($0) }) }

    func drain() {
        loop.drain()
        if isReading { read() }
    }

    /// Ends the loop as its thread would.
    func stop() {
        controls.stop.set(true)
        loop.run()
        if isReading { read() }
    }

    /// Takes up to `limit` records out of the journal.
    func read(_ limit: Int = .max) {
        var cursor = journal.oldest
        var taken = 0
        while taken < limit, let entry = journal.entry(at: cursor) {
            let payload = journal.withPayload(at: cursor) { span in span.withUnsafeBytes { Array($0) } }
            records.append(JournalRecord(entry: entry, payload: payload))
            cursor = journal.next(after: cursor)
            taken += 1
        }
        journal.release(before: cursor)
    }
}

/// What was told and recorded, and what must always hold of it.
extension UplinkRig {
    var packets: [JournalRecord] { records.filter { $0.entry.kind == .packet } }
    var gapRecords: [StreamEntry] { records.map(\.entry).filter { $0.kind == .gap } }
    /// All payloads, one after the other.
    var payload: [UInt8] { Array(packets.map(\.payload).joined()) }
    /// All payloads as linear16, one after the other.
    var samples: [Int16] { packets.flatMap(\.samples) }
    var end: StreamPosition { records.last?.entry.end ?? start }

    var gaps: [Gap] { events.compactMap { if case .gap(let gap) = $0 { gap } else { nil } } }
    var fills: [Gap] { events.compactMap { if case .filled(let gap) = $0 { gap } else { nil } } }
    var failures: [UplinkError] {
        events.compactMap { if case .failed(let error) = $0 { error } else { nil } }
    }

    /// Records adjoin from `start` on; linear16 payloads are as long as their frames.
    func expectAdjoining(channels: Int = 1, _ location: SourceLocation = #_sourceLocation) {
        var next = start
        for record in records {
            let entry = record.entry
            let isWhole =
                switch (entry.kind, settings.encoding) {
                case (.gap, _): record.payload.isEmpty
                case (.packet, .opus): !record.payload.isEmpty && entry.frames == settings.packetFrames
                case (.packet, .linear16): record.payload.count == Int(entry.frames.value) * 2 * channels
                }
            guard entry.position == next, entry.frames > .zero, isWhole else {
                Issue.record(
                    "\(entry) with \(record.payload.count) bytes after \(next)", sourceLocation: location)
                return
            }
            next = entry.end
        }
    }

    /// The counters and the journal tell the same of a loop that has ended and lost nothing at the end.
    func expectBalanced(_ location: SourceLocation = #_sourceLocation) {
        let packetFrames = packets.reduce(0) { $0 + $1.entry.frames.value }
        let overflow = gapRecords.filter { $0.cause == .overflow }.reduce(0) { $0 + $1.frames.value }
        let gaps = gapRecords.reduce(0) { $0 + $1.frames.value } - overflow
        let (captured, filled) = (Int64(vitals.capturedFrames.value), Int64(vitals.filledFrames.value))
        let recorded = Int64(vitals.gapFrames.value)
        #expect(captured + filled + recorded == (end - start).value, sourceLocation: location)
        #expect(vitals.position.value == end.frames, sourceLocation: location)
        #expect(Int64(vitals.overflowFrames.value) == overflow, sourceLocation: location)
        #expect(packetFrames + gaps + overflow == (end - start).value, sourceLocation: location)
        #expect(Int(vitals.packets.value) == packets.count, sourceLocation: location)
        #expect(Int(vitals.payloadBytes.value) == payload.count, sourceLocation: location)
        if overflow == 0 { #expect(recorded == gaps, sourceLocation: location) }
    }
}

/// Sound whose every frame can be told apart from its neighbours and from silence.
enum Sound {
    /// Never zero; repeats after 65 536 frames only.
    static func sample(_ frame: Int64) -> Int16 {
        Int16(truncatingIfNeeded: frame &* 25_173 &+ frame >> 15 &* 13_849) | 1
    }

    static func samples(_ frames: Range<Int64>) -> [Int16] { frames.map(sample) }
    static func samples(_ count: Int, from first: Int64 = 0) -> [Int16] {
        samples(first..<first + Int64(count))
    }

    /// A sine of half of full scale.
    static func sine(_ frame: Int64, hertz: Int, rate: Int) -> Double {
        0.5 * sine(turns: Double(frame * Int64(hertz) % Int64(rate)) / Double(rate))
    }

    /// The sine of so many turns, 0 to 1, by its Taylor series about the nearest quarter.
    private static func sine(turns: Double) -> Double {
        let nearest = (turns * 2).rounded()
        let angle = (turns * 2 - nearest) * .pi
        var (term, sum) = (angle, angle)
        for power in stride(from: 3.0, through: 21, by: 2) {
            term *= -angle * angle / ((power - 1) * power)
            sum += term
        }
        return nearest.truncatingRemainder(dividingBy: 2) == 0 ? sum : -sum
    }
}

/// SplitMix64: the same events for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0xD134_2543_DE82_EF95 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension PCMFormat {
    static func s16(_ hertz: Int, channels: Int = 1) -> PCMFormat {
        PCMFormat(rate: SampleRate(hertz: hertz), channels: channels, sample: .s16)
    }
}

extension UplinkSettings {
    static func linear16(
        _ hertz: Int = 16_000, channels: Int = 1, selection: ChannelSelection = .mix,
        chunkMilliseconds: Int = 100,
        fillMilliseconds: Int = 200
    ) -> UplinkSettings {
        UplinkSettings(
            rate: SampleRate(hertz: hertz), encoding: .linear16, channels: channels, selection: selection,
            chunkMilliseconds: chunkMilliseconds, fillMilliseconds: fillMilliseconds)
    }

    static func opus(_ hertz: Int = 16_000, selection: ChannelSelection = .mix) -> UplinkSettings {
        UplinkSettings(
            rate: SampleRate(hertz: hertz), encoding: .opus, selection: selection,
            opus: EncoderSettings(complexity: 0))
    }
}
