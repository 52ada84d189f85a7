import Audio

/// What is said in the room: which word stands at which positions, decided by the seed alone.
struct Speech: Sendable {
    enum Style: String, Sendable, CaseIterable {
        /// Word upon word of 200 ms each, without a frame between them.
        case tiled
        /// Utterances of some seconds, with pauses in and between them.
        case talk
        /// A room that is empty for most of the time.
        case seldom
    }

    let style: Style
    let seed: UInt64
    let rate: SampleRate
    let channel: Int

    /// Each slot holds one word at most.
    var slotFrames: Int64 { Int64(rate.hertz) * (style == .tiled ? 200 : 400) / 1_000 }

    func slot(of position: Int64) -> Int64 { position / slotFrames }

    func text(_ slot: Int64) -> String { channel == 0 ? "w\(slot)" : "c\(channel)w\(slot)" }

    /// Where the word of `slot` stands; nil: a pause.
    func word(_ slot: Int64) -> Range<Int64>? {
        let start = slot * slotFrames
        if style == .tiled { return start..<start + slotFrames }
        let salt = seed &+ UInt64(channel) &* 7_919
        // Blocks of 20 slots, 8 s: an utterance of some length begins each one that is not silent.
        let block = Dice.hash(salt, slot / 20)
        guard block % 100 < (style == .talk ? 70 : 4) else { return nil }
        guard slot % 20 < Int64(4 + (block >> 8) % 17) else { return nil }
        let shape = Dice.hash(salt ^ 0xA5A5, slot)
        let ms = Int64(rate.hertz) / 1_000
        let first = start + Int64(shape % 90) * ms
        // An odd frame now and then, so that words begin and end within packets.
        let length = (120 + Int64((shape >> 16) % 180)) * ms + Int64((shape >> 40) % 7)
        return first..<first + length
    }
}
