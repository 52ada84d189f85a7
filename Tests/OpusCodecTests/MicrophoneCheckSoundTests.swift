import Audio
import Liveness
import SignalChain
import Testing

/// From samples to the condition in `status`.
@Suite struct MicrophoneCheckSoundTests {
    private static let rate = 8_000

    /// The condition after each second of `sound`.
    private func conditions(_ sound: [Double]) -> [MicrophoneCondition] {
        var probe = SoundProbe(rate: SampleRate(hertz: Self.rate))
        var check = MicrophoneCheck()
        let samples = Signals.int16(sound)
        return stride(from: 0, to: samples.count - Self.rate + 1, by: Self.rate).compactMap { start in
            probe.measure(samples.span.extracting(start..<start + Self.rate))
            return probe.take().map {
                check.heard(
                    MicrophoneCheck.Second(
                        offset: $0.offset, spread: $0.spread, isZero: $0.isZero,
                        clippedShare: $0.clippedShare, humShare: max($0.hum50Share, $0.hum60Share)))
                return check.condition
            }
        }
    }

    private func frames(_ seconds: Int) -> Int { seconds * Self.rate }

    private func mixed(_ sounds: [Double]...) -> [Double] {
        (0..<(sounds.map(\.count).min() ?? 0)).map { index in sounds.reduce(0) { $0 + $1[index] } }
    }

    /// Speech in phrases of some seconds, with pauses of up to four.
    private func talk(_ seconds: Int, seed: UInt64) -> [Double] {
        var generator = Signals.Generator(state: seed)
        let voice = Signals.voice(rate: Self.rate, frames: frames(seconds))
        var (speaks, left) = (true, 0)
        return voice.map { sample in
            if left == 0 {
                speaks.toggle()
                left = Int.random(in: Self.rate / 4...4 * Self.rate, using: &generator)
            }
            left -= 1
            return speaks ? sample : 0
        }
    }

    private func illnesses(_ sound: [Double]) -> Set<MicrophoneCondition> {
        Set(conditions(sound)).subtracting([.well, .unknown])
    }

    // MARK: no false alarm

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func speechWithPausesIsWell(seed: UInt64) {
        // In a quiet room, and with a microphone that shuts itself off between words.
        #expect(
            illnesses(mixed(talk(40, seed: seed), Signals.hiss(0.0005, frames: frames(40), seed: seed))) == []
        )
        #expect(illnesses(talk(40, seed: seed)) == [])
    }

    @Test(arguments: [0.0001, 0.001, 0.3]) func aRoomsNoiseIsWell(amplitude: Double) {
        #expect(illnesses(Signals.hiss(amplitude, frames: frames(40), seed: 7)) == [])
    }

    @Test(arguments: [82.41, 110, 150, 180, 300, 440]) func tonesOfMusicAreWell(frequency: Double) {
        #expect(illnesses(Signals.sine(frequency, rate: Self.rate, frames: frames(40))) == [])
    }

    @Test func loudButNotCutOffIsWell() {
        #expect(illnesses(Signals.sine(333, rate: Self.rate, frames: frames(30), amplitude: 0.999)) == [])
    }

    @Test func aDoorSlammedNowAndThenIsWell() {
        var sound = Signals.hiss(0.01, frames: frames(40), seed: 2)
        for slam in stride(from: 5, to: 40, by: 9) {
            for index in frames(slam)..<frames(slam) + 400 { sound[index] = index % 2 == 0 ? 1 : -1 }
        }
        #expect(illnesses(sound) == [])
    }

    @Test func humUnderSpeechIsLeftAlone() {
        let hum = Signals.sine(50, rate: Self.rate, frames: frames(40), amplitude: 0.003)
        #expect(illnesses(mixed(talk(40, seed: 5), hum)) == [])
    }

    // MARK: every illness

    /// When `condition` was reached, in seconds, if nothing else but health came before.
    private func onset(_ condition: MicrophoneCondition, _ sound: [Double]) -> Int? {
        let found = conditions(sound)
        guard let first = found.firstIndex(where: { $0 != .well && $0 != .unknown }),
            found[first] == condition,
            found[first...].allSatisfy({ $0 == condition })
        else { return nil }
        return first + 1
    }

    @Test func zerosAreFound() {
        #expect(onset(.digitalZero, [Double](repeating: 0, count: frames(20))) == 10)
    }

    @Test func lessThanAnyRoomIsFound() {
        #expect(onset(.muteFloor, Signals.hiss(0.00005, frames: frames(20), seed: 3)) == 10)
        #expect(onset(.muteFloor, [Double](repeating: 0.001, count: frames(20))) == 10)
    }

    @Test func overdrivenSpeechIsFound() {
        let seconds = onset(.clipping, talk(40, seed: 3).map { $0 * 8 })
        #expect((5...20).contains(seconds ?? 0))
    }

    @Test func anOffsetIsFound() {
        let sound = mixed(
            talk(40, seed: 4), Signals.hiss(0.001, frames: frames(40), seed: 4),
            [Double](repeating: 0.05, count: frames(40)))
        #expect(onset(.offset, sound) == 20)
    }

    @Test(arguments: [50.0, 60.0]) func humIsFound(mains: Double) {
        let hum = mixed(
            Signals.sine(mains, rate: Self.rate, frames: frames(40), amplitude: 0.02),
            Signals.sine(3 * mains, rate: Self.rate, frames: frames(40), amplitude: 0.01),
            Signals.hiss(0.005, frames: frames(40), seed: 6))
        #expect((19...20).contains(onset(.hum, hum) ?? 0))
    }

    @Test func aMicrophoneThatWasUnmutedIsWellAgain() {
        let sound =
            [Double](repeating: 0, count: frames(20)) + Signals.hiss(0.01, frames: frames(10), seed: 8)
        let found = conditions(sound)
        #expect(found[19] == .digitalZero)
        #expect(found[20] == .digitalZero)
        #expect(found[21] == .well)
    }
}
