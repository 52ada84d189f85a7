import Audio
import Crossing
import Timeline

/// Appends what the microphone hears to the journal, packet by packet, when its time has come; and the gaps
/// in between.
///
/// A position tells when its frame was captured: nothing drifts here.
final class SimulatedUplink {
    struct Shape {
        var rate = SampleRate(hertz: 16_000)
        var packetFrames: Int64 = 320
        var packetBytes = 80
        var encoding = "opus"
        var channels = 1

        /// Opus: 20 ms a packet.
        static let opus = Shape()
        /// Chunks of 100 ms at 8 kHz.
        static let linear16 = Shape(
            rate: SampleRate(hertz: 8_000), packetFrames: 800, packetBytes: 1_600, encoding: "linear16")
        /// The longest chunks there are, for simulations of hours.
        static let longChunks = Shape(
            rate: SampleRate(hertz: 8_000), packetFrames: 2_000, packetBytes: 4_000, encoding: "linear16")
        static let stereo = Shape(
            rate: SampleRate(hertz: 8_000), packetFrames: 800, packetBytes: 3_200, encoding: "linear16",
            channels: 2)
        /// Opus as no encoder packs it, for simulations of days.
        static let coarse = Shape(packetFrames: 80_000, packetBytes: 80)
    }

    let shape: Shape
    private let start: BootTime
    private(set) var position: Int64 = 0
    /// What was captured, and what was not, in order.
    private(set) var captured: [Range<Int64>] = []
    private(set) var gaps: [Gap] = []
    private(set) var capturedFrames: Int64 = 0
    /// Frames of gaps, by cause.
    private(set) var lost: [GapCause: Int64] = [:]
    /// Where the last gap ended.
    private(set) var soundSince = StreamPosition.start
    /// The gap that is under way ends here.
    private var gap: (end: Int64, cause: GapCause)?
    /// Packets that found the journal full.
    private(set) var refused = 0

    init(_ shape: Shape, start: BootTime) {
        self.shape = shape
        self.start = start
    }

    func time(of position: Int64) -> BootTime {
        BootTime(
            nanoseconds: start.nanoseconds + FrameCount(position).nanoseconds(at: shape.rate))
    }

    /// When the next record will be appended.
    var due: BootTime { time(of: gap?.end ?? position + shape.packetFrames) }

    /// From the next record on nothing is captured, for `frames`.
    func lose(frames: Int64, cause: GapCause) {
        guard frames > 0 else { return }
        if let gap { self.gap = (gap.end + frames, gap.cause) } else { gap = (position + frames, cause) }
    }

    func lose(seconds: Double, cause: GapCause) {
        lose(frames: Int64(seconds * Double(shape.rate.hertz)), cause: cause)
    }

    /// The program was not running until `now`: the next frame is the one captured then.
    func resumed(at end: StreamPosition, now: BootTime) {
        precondition(end.frames == position, "the session goes on where its records end")
        let elapsed = now - time(of: position)
        let frames = shape.rate.frames(inNanoseconds: elapsed.wholeNanoseconds).value
        gap = nil
        lose(frames: max(1, frames), cause: .restart)
    }

    /// Appends what is due.
    func append(to records: inout RecordProducer) {
        let captureTime = time(of: position)
        if let gap {
            let entry = StreamEntry(
                kind: .gap, cause: gap.cause, position: StreamPosition(frames: position),
                frames: FrameCount(gap.end - position), capturedAt: captureTime)
            guard records.append(entry) else { return refused += 1 }
            gaps.append(Gap(start: entry.position, end: entry.end, cause: gap.cause))
            lost[gap.cause, default: 0] += entry.frames.value
            soundSince = entry.end
            position = gap.end
            self.gap = nil
            return
        }
        let payload = Payload(position: position, frames: shape.packetFrames)
        let entry = StreamEntry(
            kind: .packet, position: StreamPosition(frames: position), frames: FrameCount(shape.packetFrames),
            capturedAt: captureTime)
        let bytes = payload.bytes(count: shape.packetBytes)
        guard records.append(entry, payload: bytes.span.bytes) else { return refused += 1 }
        if let last = captured.indices.last, captured[last].upperBound == position {
            captured[last] = captured[last].lowerBound..<position + shape.packetFrames
        } else {
            captured.append(position..<position + shape.packetFrames)
        }
        position += shape.packetFrames
        capturedFrames += shape.packetFrames
    }

    /// Frames captured at `position` and after it.
    func captured(from position: Int64) -> Int64 {
        var frames: Int64 = 0
        for range in captured.reversed() {
            frames += max(0, range.upperBound - max(range.lowerBound, position))
            if range.lowerBound <= position { break }
        }
        return frames
    }
}
