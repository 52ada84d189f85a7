import Audio
import Crossing
import OpusCodec
import SignalChain
import Timeline

/// Cuts uplink samples into packets and appends them to the journal, each with the position of its first frame.
///
/// What finds the journal full is lost, counted, and becomes a gap record as soon as there is room again.
final class PacketMaker {
    private let settings: UplinkSettings
    private let vitals: UplinkVitals
    private var records: RecordProducer
    private var encoder: PacketEncoder?
    private var packet: [UInt8]
    private let channels: Int
    /// Samples not yet in a packet, interleaved; the first frame lies at `start`.
    var pending: [Int16] = []
    private(set) var start: StreamPosition
    /// The lost stretch that still has to be recorded; it ends at `start`.
    private var lost: (start: StreamPosition, since: BootTime)?
    /// Frames at the end that no decoder has heard yet: the codec is so much late.
    let lookahead: FrameCount

    init(
        settings: UplinkSettings, at start: StreamPosition, into records: consuming RecordProducer,
        vitals: UplinkVitals
    ) throws(UplinkError) {
        encoder = try Self.makeEncoder(settings)
        lookahead = encoder?.lookahead ?? .zero
        packet = Array(repeating: 0, count: PacketEncoder.packetBytesMax)
        self.settings = settings
        channels = settings.channels
        self.start = start
        self.records = records
        self.vitals = vitals
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

    /// Adds `frames` of silence.
    func fill(_ frames: FrameCount) {
        pending.append(contentsOf: repeatElement(0, count: Int(frames.value) * channels))
    }

    /// The samples added since the position `from`, for the meter.
    func measure(from: StreamPosition, with meter: inout LevelMeter) {
        let first = Int((from - start).value) * channels
        guard first >= 0, first < pending.count else { return }
        let samples = pending
        meter.measure(samples.span.extracting(first...))
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

    /// Ends the stream of audio at `end`, for a gap or for good: Opus fills up the last packet with silence, of which
    /// the positions belong to what follows; linear16 sends a shorter one.
    func finish(_ time: (StreamPosition) -> BootTime) {
        makePackets(time)
        guard !pending.isEmpty else { return }
        if encoder != nil { fill(settings.packetFrames - FrameCount(pending.count)) }
        make(0..<pending.count, time)
        pending.removeAll(keepingCapacity: true)
    }

    /// Records that there is no audio from `end` up to `position`, and goes on there.
    func skip(to position: StreamPosition, cause: GapCause, _ time: (StreamPosition) -> BootTime) {
        precondition(pending.isEmpty, "the audio before a gap is finished first")
        guard position > start else { return }
        place(
            StreamEntry(kind: .gap, cause: cause, position: start, frames: position - start, capturedAt: time(start)),
            payload: nil)
        vitals.gapFrames.add(UInt64((position - start).value))
        start = position
    }

    private func make(_ samples: Range<Int>, _ time: (StreamPosition) -> BootTime) {
        let frames = FrameCount(samples.count / channels)
        let entry = StreamEntry(kind: .packet, position: start, frames: frames, capturedAt: time(start))
        let bytes = encoder == nil ? samples.count * 2 : encode(samples)
        place(entry, payload: (samples, bytes))
        start += frames
        vitals.packets.add()
        vitals.payloadBytes.add(UInt64(bytes))
    }

    /// Encodes `samples` to the packet buffer. The codec fails on nothing but a bug; should it, the packet is one byte,
    /// which decodes as silence (RFC 6716, section 3.1: a packet without frame data is lost sound, concealed).
    private func encode(_ samples: Range<Int>) -> Int {
        Self.encode(pending, samples, with: &encoder, into: &packet) ?? 1
    }

    private static func encode(
        _ pending: [Int16], _ samples: Range<Int>, with encoder: inout PacketEncoder?, into packet: inout [UInt8]
    ) -> Int? {
        var target = packet.mutableSpan
        return try? encoder?.encode(pending.span.extracting(samples), into: &target)
    }

    private func place(_ entry: StreamEntry, payload: (samples: Range<Int>, bytes: Int)?) {
        if let lost, !appendLost(lost, until: entry.position) {
            vitals.overflowFrames.add(UInt64(entry.frames.value))
            return
        }
        let placed =
            switch payload {
            case nil: records.append(entry)
            case let (_, bytes)? where encoder != nil:
                Self.append(entry, packet, bytes, to: &records)
            case let (samples, _)?:
                Self.append(entry, pending, samples, to: &records)
            }
        guard !placed else { return }
        lost = (entry.position, entry.capturedAt)
        vitals.overflowFrames.add(UInt64(entry.frames.value))
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

    private func appendLost(_ stretch: (start: StreamPosition, since: BootTime), until: StreamPosition) -> Bool {
        let entry = StreamEntry(
            kind: .gap, cause: .overflow, position: stretch.start, frames: until - stretch.start,
            capturedAt: stretch.since)
        guard records.append(entry) else { return false }
        lost = nil
        return true
    }
}
