import Audio
import Crossing
import SignalChain
import Timeline

/// What the queue is made of; immutable.
package struct DownlinkSettings: Sendable {
    /// The rate of the speech that arrives: mono 16-bit.
    package var rate: SampleRate
    package var gain: Gain
    /// An utterance starts to sound once this much of it is there, or all of it.
    package var prebuffer: FrameCount
    /// How long speech waits for a speaker that is not there.
    package var patience: Duration

    package init(
        rate: SampleRate, gain: Gain = .unity, prebufferMilliseconds: Int = 40,
        patience: Duration = .seconds(10)
    ) {
        self.rate = rate
        self.gain = gain
        prebuffer = rate.frames(inMilliseconds: prebufferMilliseconds)
        self.patience = patience
    }
}

/// What playback tells the queue, and is told by it. Every gauge counts bytes of the ring or holds a packed
/// format.
package struct SpeakerGauges: Sendable {
    /// The format the speaker takes now, `PCMFormat.packed`; 0 while there is none.
    package let format: Gauge
    /// Ring bytes whose sound has left the speaker.
    package let heard: Gauge
    /// Ring bytes before this one are not to sound any more.
    package let discardBefore: Gauge

    package init(format: Gauge, heard: Gauge, discardBefore: Gauge) {
        self.format = format
        self.heard = heard
        self.discardBefore = discardBefore
    }
}

/// Queues speech by utterance and fills the playback ring with it: whole samples, resampled to what the
/// speaker takes.
///
/// Belongs to one event loop, which calls `pump` about every 20 ms while something is queued. Its memory is
/// bounded by whoever asks for speech: text is held back while more than `queued` has not been heard.
package final class DownlinkQueue {
    private struct Item {
        let id: UtteranceID
        var samples: [Int16] = []
        /// Samples already converted.
        var taken = 0
        /// Nothing more will come.
        var isComplete = false
        var hasStarted = false
        /// The ring offset after its last byte, once all is converted.
        var ringEnd: UInt64?
    }

    private let settings: DownlinkSettings
    private let speaker: SpeakerGauges
    private var ring: SampleProducer
    private var marks: MarkProducer
    private var items: [Item] = []
    private var shaper: SpeechShaper?
    private var noSpeakerSince: BootTime?

    package init(
        settings: DownlinkSettings, speaker: SpeakerGauges, ring: consuming SampleProducer,
        marks: consuming MarkProducer
    ) {
        self.settings = settings
        self.speaker = speaker
        self.ring = ring
        self.marks = marks
    }

    /// Nothing is queued or sounding.
    package var isIdle: Bool { items.isEmpty }

    /// Speech received but not yet heard, at the rate it arrives.
    package var queued: FrameCount {
        let waiting = items.reduce(0) { $0 + $1.samples.count - $1.taken }
        guard let format = shaper?.format else { return FrameCount(waiting) }
        let inRing = Int64(ring.written) - max(speaker.heard.value, speaker.discardBefore.value)
        let frames = FrameCount(max(0, inRing) / Int64(format.bytesPerFrame) + Int64(shaper?.heldFrames ?? 0))
        return FrameCount(waiting) + frames.converted(from: format.rate, to: settings.rate)
    }

    /// An utterance begins; its audio may come at any time. Ids grow.
    package func begin(_ id: UtteranceID) { items.append(Item(id: id)) }

    /// More speech of `id`, mono; dropped where that utterance has ended or is complete.
    package func append(_ samples: [Int16], to id: UtteranceID) {
        guard let index = items.firstIndex(where: { $0.id == id }), !items[index].isComplete else { return }
        items[index].samples += samples
    }

    /// All speech of `id` has come.
    package func complete(_ id: UtteranceID) {
        guard let index = items.firstIndex(where: { $0.id == id }) else { return }
        items[index].isComplete = true
    }

    /// Takes back an utterance of which nothing more is to sound; what is in the ring still does.
    package func remove(_ id: UtteranceID) { items.removeAll { $0.id == id } }

    /// Silences everything at once; returns what was cut off.
    package func interrupt() -> [UtteranceID] {
        speaker.discardBefore.set(Int64(ring.written))
        shaper?.reset()
        noSpeakerSince = nil
        defer { items.removeAll() }
        return items.map(\.id)
    }

    /// Moves speech into the ring and says which utterances have ended since the last call, in their order.
    package func pump(now: BootTime) -> [(UtteranceID, PlaybackEnd)] {
        var ended: [(UtteranceID, PlaybackEnd)] = []
        let heard = UInt64(max(0, speaker.heard.value))
        while let end = items.first?.ringEnd, heard >= end {
            ended.append((items.removeFirst().id, .heard))
        }
        guard let format = PCMFormat(packed: speaker.format.value), follow(format, &ended) else {
            return ended + wait(now)
        }
        noSpeakerSince = nil
        for index in items.indices where items[index].ringEnd == nil {
            guard fill(index) else { break }
        }
        return ended
    }

    /// There is no speaker: gives everything up when that has lasted too long.
    private func wait(_ now: BootTime) -> [(UtteranceID, PlaybackEnd)] {
        guard !items.isEmpty else {
            noSpeakerSince = nil
            return []
        }
        let since = noSpeakerSince ?? now
        noSpeakerSince = since
        guard now - since > settings.patience else { return [] }
        return interrupt().map { ($0, .noSpeaker) }
    }

    /// Converts to `format` from now on; false where that cannot be done now.
    ///
    /// What lies in the ring has the old format and will not sound: utterances that are wholly there end
    /// here, of the one that is partly there the rest is spoken.
    private func follow(_ format: PCMFormat, _ ended: inout [(UtteranceID, PlaybackEnd)]) -> Bool {
        if shaper?.format == format { return true }
        let mark = DeviceMark(kind: .opened, offset: ring.written, monotonicNanoseconds: 0, format: format)
        guard let shaper = try? SpeechShaper(settings: settings, format: format), marks.push(mark) else {
            return false
        }
        self.shaper = shaper
        speaker.discardBefore.set(Int64(ring.written))
        while items.first?.ringEnd != nil { ended.append((items.removeFirst().id, .interrupted)) }
        return true
    }

    /// Moves what fits of one utterance; true when all of it is in the ring, so that the next may follow.
    private func fill(_ index: Int) -> Bool {
        guard let shaper else { return false }
        let available = items[index].samples.count - items[index].taken
        if !items[index].hasStarted {
            guard available >= settings.prebuffer.value || items[index].isComplete else { return false }
            items[index].hasStarted = true
        }
        while items[index].taken < items[index].samples.count {
            let taken = shaper.shape(items[index].samples, from: items[index].taken, into: &ring)
            guard taken > 0 else {
                forgetTaken(index)
                return false
            }
            items[index].taken += taken
        }
        items[index].samples.removeAll(keepingCapacity: true)
        items[index].taken = 0
        guard items[index].isComplete, shaper.flush(into: &ring) else { return false }
        items[index].ringEnd = ring.written
        return true
    }

    /// Frees what is converted of a long utterance; each sample is moved at most once for each one that is
    /// freed.
    private func forgetTaken(_ index: Int) {
        guard items[index].taken * 2 >= items[index].samples.count else { return }
        items[index].samples.removeFirst(items[index].taken)
        items[index].taken = 0
    }
}
