import Audio
import Crossing
import Timeline

/// Tells the reader of the samples what happened to time, and forgets nothing when the mark ring is full:
/// what cannot be told now is merged and told later. While ``isBehind``, no sample may be committed; its mark
/// would come too late.
struct MarkQueue: ~Copyable {
    private var ring: MarkProducer
    /// The marks not yet told, in the order they are told in. All are about the same offset, because nothing
    /// is committed meanwhile.
    private var closed: DeviceMark?
    private var opened: DeviceMark?
    private var missing: DeviceMark?
    /// Of the open device. Kept as a whole mark, so that telling one needs no more than filling in fields.
    private var template: DeviceMark

    init(ring: consuming MarkProducer, format: PCMFormat) {
        self.ring = ring
        template = DeviceMark(kind: .time, offset: 0, monotonicNanoseconds: 0, format: format)
    }

    /// Something is yet to be told.
    ///
    /// RT-safe.
    var isBehind: Bool {
        @_noAllocation @_noLocks get {
            if case .none = closed, case .none = opened, case .none = missing { return false }
            return true
        }
    }

    /// From `offset` on the bytes have `format`; the first frame is captured at `time`.
    mutating func deviceOpened(_ format: PCMFormat, offset: UInt64, at time: Int64) {
        if let lost = missing?.missing {
            missing?.missing =
                FrameCount(lost).converted(from: template.format.rate, to: format.rate).value
            missing?.format = format
        }
        template.format = format
        var mark = template
        mark.kind = .opened
        mark.offset = offset
        mark.monotonicNanoseconds = time
        opened = mark
        _ = flush()
    }

    /// The device went away at `time`, after the bytes before `offset`.
    mutating func deviceClosed(_ cause: GapCause, offset: UInt64, at time: Int64) {
        // An opening that nobody heard of needs no closing.
        if opened != nil {
            opened = nil
            return
        }
        var mark = template
        mark.kind = .closed
        mark.cause = cause
        mark.offset = offset
        mark.monotonicNanoseconds = time
        closed = mark
        _ = flush()
    }

    /// `frames` are absent before `offset`. Told with the next ``flush()``.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func framesMissing(_ frames: Int64, _ cause: GapCause, offset: UInt64, at time: Int64) {
        if frames <= 0 { return }
        guard var mark = missing else {
            var mark = template
            mark.kind = .missing
            mark.cause = cause
            mark.offset = offset
            mark.monotonicNanoseconds = time
            mark.missing = frames
            missing = mark
            return
        }
        // Two causes for one hole: the greater loss names it.
        if frames > mark.missing { mark.cause = cause }
        mark.missing += frames
        missing = mark
    }

    /// The frame at `offset` was captured at `time`. Of no consequence if there is no room to say so.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func frameCaptured(offset: UInt64, at time: Int64) {
        var mark = template
        mark.kind = .time
        mark.offset = offset
        mark.monotonicNanoseconds = time
        _ = ring.push(mark)
    }

    /// Tells what is yet to be told; false when there was no room for all of it.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func flush() -> Bool {
        if let mark = closed {
            guard ring.push(mark) else { return false }
            closed = nil
        }
        if let mark = opened {
            guard ring.push(mark) else { return false }
            opened = nil
        }
        if let mark = missing {
            guard ring.push(mark) else { return false }
            missing = nil
        }
        return true
    }
}
