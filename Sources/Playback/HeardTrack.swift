/// Knows which bytes of the ring have left the device, from how many frames are still queued in it.
///
/// The device plays sound and silence in one row; only sound comes from the ring:
///
///     device frames  0 ────── 480 ─────── 960 ─────── 1 440
///                    │ silence │  sound    │ silence   │
///     ring offset             0 ───────── 960
///
/// A delay of 720 frames when 1 440 are written means that the device is at 720, so bytes up to 480 were
/// heard. Fixed size, no allocation. When a device queues more stretches than fit, neighbours are taken for
/// one; ends stay exact.
package struct HeardTrack {
    /// A stretch of sound queued in the device.
    private struct Stretch {
        var firstFrame: Int64 = 0
        var endFrame: Int64 = 0
        var offset: UInt64 = 0
        var endOffset: UInt64 = 0
        var bytesPerFrame: UInt64 = 1
    }

    private var stretches = InlineArray<64, Stretch>(repeating: Stretch())
    private var first = 0
    private var count = 0
    /// Frames written to the device since it was last empty.
    package private(set) var written: Int64 = 0
    /// Every byte before this has been heard, or will never be.
    package private(set) var heard: UInt64 = 0

    package init() {}

    /// Sound is queued that has not been heard to its end.
    ///
    /// RT-safe.
    package var hasSound: Bool {
        @_noAllocation @_noLocks get { count > 0 }
    }

    /// `frames` of silence were written.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func wroteSilence(_ frames: Int) { written += Int64(frames) }

    /// `frames` were written whose bytes begin at `offset`.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func wroteSound(_ frames: Int, offset: UInt64, bytesPerFrame: Int) {
        let endFrame = written + Int64(frames)
        let endOffset = offset + UInt64(frames * bytesPerFrame)
        append(
            Stretch(
                firstFrame: written, endFrame: endFrame, offset: offset, endOffset: endOffset,
                bytesPerFrame: UInt64(bytesPerFrame)))
        written = endFrame
    }

    /// The bytes before `offset` that were not written never will be.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func skipped(to offset: UInt64) {
        if count == 0 {
            heard = max(heard, offset)
        } else {
            append(
                Stretch(
                    firstFrame: written, endFrame: written, offset: offset, endOffset: offset,
                    bytesPerFrame: 1))
        }
    }

    /// The device has `delay` frames still to play. Brings ``heard`` up to date.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func played(delay: Int) {
        let played = written - Int64(max(0, delay))
        while count > 0 {
            let oldest = stretches[first]
            if oldest.endFrame > played {
                if played >= oldest.firstFrame {
                    let bytes = UInt64(played - oldest.firstFrame) * oldest.bytesPerFrame
                    heard = max(heard, min(oldest.offset + bytes, oldest.endOffset))
                }
                return
            }
            heard = max(heard, oldest.endOffset)
            first = (first + 1) % Self.size
            count -= 1
        }
    }

    /// The device is empty: it ran dry, was emptied, or went away. Whatever was queued is heard or lost.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    package mutating func emptied() {
        while count > 0 {
            heard = max(heard, stretches[first].endOffset)
            first = (first + 1) % Self.size
            count -= 1
        }
        written = 0
    }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func append(_ stretch: Stretch) {
        if count > 0 {
            let last = (first + count - 1) % Self.size
            let adjoins =
                stretches[last].endFrame == stretch.firstFrame && stretches[last].endOffset == stretch.offset
                && stretches[last].bytesPerFrame == stretch.bytesPerFrame
            if adjoins || count == Self.size {
                stretches[last].endFrame = stretch.endFrame
                stretches[last].endOffset = stretch.endOffset
                return
            }
        }
        stretches[(first + count) % Self.size] = stretch
        count += 1
    }

    /// A device of 4 to 16 periods queues at most as many stretches.
    ///
    /// RT-safe.
    private static var size: Int {
        @_noAllocation @_noLocks get { 64 }
    }
}
