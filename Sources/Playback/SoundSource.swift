import Audio
import Crossing
import Timeline

/// The reading end of the ring the speaker is fed from: yields only whole frames in the device's format.
///
/// Marks tell the format of the bytes after them; a mark is pushed before its bytes are committed, so who
/// looks at the bytes first and at the marks second misses none.
struct SoundSource: ~Copyable {
    private var samples: SampleConsumer
    private var marks: MarkConsumer
    private let discarded: RealtimeCounter
    /// `PCMFormat.packed` of the device, and of the bytes at the front; 0: none.
    private var wanted: Int64 = 0
    private var offered: Int64 = 0
    private var bytesPerFrame = 1

    init(
        samples: consuming SampleConsumer, marks: consuming MarkConsumer, discarded: consuming RealtimeCounter
    ) {
        self.samples = samples
        self.marks = marks
        self.discarded = discarded
    }

    /// Bytes taken from the ring so far: the offset of the next one.
    ///
    /// RT-safe.
    var offset: UInt64 {
        @_noAllocation @_noLocks get { samples.consumed }
    }

    /// The device takes `format` from now on.
    mutating func deviceOpened(_ format: PCMFormat) {
        wanted = format.packed
        bytesPerFrame = format.bytesPerFrame
    }

    /// Throws away what lies before `limit`, as far as it is there.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func discard(before limit: UInt64) {
        if limit <= samples.consumed { return }
        let stale = limit - samples.consumed
        release(Int(min(UInt64(samples.filledBytes()), stale)))
    }

    /// How many whole frames can be played now. Throws away what the device cannot play.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func playableFrames() -> Int {
        while true {
            let filled = samples.filledBytes()
            var limit = filled
            if let mark = marks.peek() {
                if mark.offset <= samples.consumed {
                    if case .opened = mark.kind { offered = mark.format.packed }
                    _ = marks.pop()
                    continue
                }
                let distance = mark.offset - samples.consumed
                if distance < UInt64(filled) { limit = Int(distance) }
            }
            if limit == 0 { return 0 }
            if offered != wanted {
                release(limit)
                continue
            }
            if limit >= bytesPerFrame { return limit / bytesPerFrame }
            // Less than a frame: the rest of it is on its way, unless the format changes first.
            if limit == filled { return 0 }
            release(limit)
        }
    }

    /// The next `frames`, which must be playable.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks @_lifetime(&self)
    mutating func sound(_ frames: Int) -> MutableRawSpan {
        samples.region(atMost: frames * bytesPerFrame)
    }

    /// `frames` were played.
    ///
    /// RT-safe.
    @_noAllocation @_noLocks
    mutating func took(_ frames: Int) { samples.release(frames * bytesPerFrame) }

    /// RT-safe.
    @_noAllocation @_noLocks
    private mutating func release(_ bytes: Int) {
        samples.release(bytes)
        discarded.add(UInt64(bytes))
    }
}
