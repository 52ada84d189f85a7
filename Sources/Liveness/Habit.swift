/// Something seen again and again, second after second, is a habit; something seen now and then is not. Keeps
/// the last seconds as bits.
struct Habit: Hashable, Sendable {
    /// Seconds looked back over, at most 64.
    private let span: Int
    /// In so many of them it becomes a habit …
    private let onset: Int
    /// … and in so many or fewer it is none any more.
    private let release: Int
    private var seconds: UInt64 = 0

    private(set) var isHeld = false

    init(span: Int, onset: Int, release: Int) {
        precondition(1...64 ~= span && onset <= span && release < onset, "a habit begins and ends")
        self.span = span
        self.onset = onset
        self.release = release
    }

    mutating func note(_ isSeen: Bool) {
        seconds = seconds << 1 | (isSeen ? 1 : 0)
        if span < 64 { seconds &= 1 << UInt64(span) - 1 }
        let count = seconds.nonzeroBitCount
        isHeld = isHeld ? count > release : count >= onset
    }

    mutating func reset() {
        seconds = 0
        isHeld = false
    }
}
