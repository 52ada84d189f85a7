import Audio
import Crossing
import OpusCodec
import SignalChain
import Timeline

/// Cuts uplink samples into packets and appends them to the journal, each with the position of its first
/// frame.
///
/// What finds the journal full is lost, counted, and becomes one gap record as soon as there is room for it
/// and for what follows it.
final class PacketMaker {
    private let settings: UplinkSettings
    private let vitals: UplinkVitals
    private let tell: (UplinkEvent) -> Void
    private var records: RecordProducer
    private var encoder: PacketEncoder?
    private var packet: [UInt8]
    private let channels: Int
    /// Samples not yet in a packet, interleaved; the first frame lies at `start`.
    var pending: [Int16] = []
    /// The position of the next packet.
    private(set) var start: StreamPosition
    /// The lost stretch that still has to be recorded; it ends at `start`.
    private var lost: (start: StreamPosition, since: BootTime)?
    /// The encoder has heard something.
    private var isUsed = false
    /// Frames at the end that no decoder has heard yet: the codec is so much late.
    let lookahead: FrameCount

    init(
        settings: UplinkSettings, at start: StreamPosition, into records: consuming RecordProducer,
        vitals: UplinkVitals, tell: @escaping (UplinkEvent) -> Void
    ) throws(UplinkError) {
        encoder = try Self.makeEncoder(settings)
        lookahead = encoder?.lookahead ?? .zero
        packet = Array(repeating: 0, count: PacketEncoder.packetBytesMax)
        self.settings = settings
        channels = settings.channels
        self.start = start
        self.records = records
        self.vitals = vitals
        self.tell = tell
        pending.reserveCapacity(65_536)
    }

    private static func makeEncoder(_ settings: UplinkSettings) throws(UplinkError) -> PacketEncoder? {
        guard settings.encoding == .opus else { return nil }
        guard settings.channels == 1 else { throw .opusIsMono }
        do {
            return try PacketEncoder(rate: settings.rate, settings: settings.opus)
        } catch {
            throw .opus(error)
        }
    }

    /// The position after the last sample taken.
    var end: StreamPosition { start + FrameCount(pending.count / channels) }

    /// Frames that are wanting to complete the next packet; at least one.
    var wanting: Int { Int(settings.packetFrames.value) - pending.count / channels }

    /// Records appended so far.
    var appended: UInt64 { records.appended }

    /// Frames of silence that `finish` would add now: Opus packets are always whole.
    var padding: FrameCount {
        guard encoder != nil else { return .zero }
        let frames = Int(settings.packetFrames.value)
        let rest = pending.count % frames
        return FrameCount(rest == 0 ? 0 : frames - rest)
    }

    /// Adds `frames` of silence.
    func fill(_ frames: FrameCount) {
        pending.append(contentsOf: repeatElement(0, count: Int(frames.value) * channels))
        vitals.filledFrames.add(UInt64(frames.value))
    }

    /// Takes back the samples from `position` on that are not in a packet yet.
    func cut(at position: StreamPosition) {
        guard position < end else { return }
        pending.removeLast(min(pending.count, Int((end - position).value) * channels))
    }

    /// The samples added since the position `from`, for the meter and the probe.
    func measure(from: StreamPosition, with meter: inout LevelMeter, _ probe: inout SoundProbe) {
        let first = Int((from - start).value) * channels
        guard first >= 0, first < pending.count else { return }
        let samples = pending
        meter.measure(samples.span.extracting(first...))
        probe.measure(samples.span.extracting(first...))
    }

    /// Makes every whole packet there is. `time` says when a position was captured.
    func makePackets(_ time: (StreamPosition) -> BootTime) {
        let frames = Int(settings.packetFrames.value)
        var done = 0
        while pending.count - done >= frames * channels {
            make(done..<done + frames * channels, time)
            done += frames * channels
        }
        pending.removeFirst(done)
    }

    /// Ends the stream of audio at `end`, for a gap or for good: Opus fills up the last packet with silence,
    /// of which the positions belong to what follows; linear16 sends a shorter one.
    func finish(_ time: (StreamPosition) -> BootTime) {
        fill(padding)
        makePackets(time)
        guard !pending.isEmpty else { return }
        make(0..<pending.count, time)
        pending.removeAll(keepingCapacity: true)
    }

    /// Ends the stream for good, with silence enough that the codec's delay hides nothing.
    func close(_ time: (StreamPosition) -> BootTime) {
        if isUsed || !pending.isEmpty { fill(lookahead) }
        finish(time)
        recordLost(until: start)
        if let lost { tell(.gap(Gap(start: lost.start, end: start, cause: .overflow))) }
    }

    /// Records that there is no audio from `end` up to `position`, and goes on there.
    func skip(to position: StreamPosition, cause: GapCause, _ time: (StreamPosition) -> BootTime) {
        precondition(pending.isEmpty, "the audio before a gap is finished first")
        guard position > start else { return }
        _ = place(
            StreamEntry(
                kind: .gap, cause: cause, position: start, frames: position - start, capturedAt: time(start)),
            payload: nil)
        vitals.gapFrames.add(UInt64((position - start).value))
        start = position
    }

    private func make(_ samples: Range<Int>, _ time: (StreamPosition) -> BootTime) {
        let frames = FrameCount(samples.count / channels)
        let entry = StreamEntry(kind: .packet, position: start, frames: frames, capturedAt: time(start))
        let bytes = encoder == nil ? samples.count * 2 : encode(samples)
        if place(entry, payload: (samples, bytes)) {
            vitals.packets.add()
            vitals.payloadBytes.add(UInt64(bytes))
        }
        start += frames
    }

    /// Encodes `samples` to the packet buffer and returns the packet's length. The codec fails on nothing but
    /// a bug; should it, the packet is the one byte that announces 20 ms of wideband speech and has none,
    /// which decoders conceal as a lost frame (RFC 6716, sections 3.1 and 3.2.1).
    private func encode(_ samples: Range<Int>) -> Int {
        isUsed = true
        if let bytes = Self.encode(pending, samples, with: &encoder, into: &packet) { return bytes }
        packet[0] = 9 << 3
        return 1
    }

    private static func encode(
        _ pending: [Int16], _ samples: Range<Int>, with encoder: inout PacketEncoder?,
        into packet: inout [UInt8]
    ) -> Int? {
        var target = packet.mutableSpan
        return try? encoder?.encode(pending.span.extracting(samples), into: &target)
    }

    /// Appends a record, and before it the lost stretch if there is one; false when they do not fit now.
    private func place(_ entry: StreamEntry, payload: (samples: Range<Int>, bytes: Int)?) -> Bool {
        // Both or none: else a reader that is slow to make room would find one short gap after the other.
        if lost != nil, records.hasRoom(forPayloads: 0, payload?.bytes ?? 0) {
            recordLost(until: entry.position)
        }
        if lost == nil, append(entry, payload) { return true }
        if lost == nil { lost = (entry.position, entry.capturedAt) }
        vitals.overflowFrames.add(UInt64(entry.frames.value))
        return false
    }

    private func append(_ entry: StreamEntry, _ payload: (samples: Range<Int>, bytes: Int)?) -> Bool {
        switch payload {
        case nil: records.append(entry)
        case let (_, bytes)? where encoder != nil: Self.append(entry, packet, bytes, to: &records)
        case let (samples, _)?: Self.append(entry, pending, samples, to: &records)
        }
    }

    private static func append(
        _ entry: StreamEntry, _ packet: [UInt8], _ count: Int, to records: inout RecordProducer
    ) -> Bool {
        unsafe records.append(entry, payload: packet.span.bytes.extracting(0..<count))
    }

    /// linear16 is little-endian, as every machine this runs on.
    private static func append(
        _ entry: StreamEntry, _ pending: [Int16], _ samples: Range<Int>, to records: inout RecordProducer
    ) -> Bool {
        unsafe records.append(entry, payload: pending.span.extracting(samples).bytes)
    }

    private func recordLost(until end: StreamPosition) {
        guard let lost else { return }
        let gap = Gap(start: lost.start, end: end, cause: .overflow)
        let entry = StreamEntry(
            kind: .gap, cause: gap.cause, position: gap.start, frames: gap.length, capturedAt: lost.since)
        guard records.append(entry) else { return }
        self.lost = nil
        tell(.gap(gap))
    }
}
