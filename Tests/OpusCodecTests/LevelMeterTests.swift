import SignalChain
import Testing

@Suite struct LevelMeterTests {
    private func level(_ samples: [Int16], channels: Int = 1) -> Level {
        var meter = LevelMeter(channels: channels)
        meter.measure(samples.span)
        return meter.take()
    }

    @Test func aConstantOfFullScaleIsZeroDecibels() {
        let level = level([.min, .min, .min])
        #expect(level.peakDecibels == 0)
        #expect(level.rmsDecibels == 0)
        #expect(level.clippedSamples == 3)
    }

    @Test func aSineHasItsRMSThreeDecibelsBelowItsPeak() {
        let level = level(Signals.int16(Signals.sine(100, rate: 8_000, frames: 8_000, amplitude: 0.5)))
        #expect(abs(level.peakDecibels - -6.02) < 0.01)
        #expect(abs(level.rmsDecibels - -9.03) < 0.01)
        #expect(level.clippedSamples == 0)
    }

    @Test func nothingIsReportedBelowTheFloor() {
        #expect(level([]).rmsDecibels == Level.floorDecibels)
        #expect(level([0, 0]).peakDecibels == Level.floorDecibels)
        #expect(level([1] + [Int16](repeating: 0, count: 100_000)).rmsDecibels == Level.floorDecibels)
    }

    @Test func clippedSamplesAreCountedOnBothSides() {
        #expect(level([32_767, -32_768, 32_766, -32_767]).clippedSamples == 2)
    }

    @Test func aFrameIsZeroOnlyIfAllItsChannelsAre() {
        let level = level([0, 0, 0, 1, 1, 0, 0, 0], channels: 2)
        #expect(level.frames == 4)
        #expect(level.zeroFrames == 2)
    }

    @Test func aRunOfZerosGoesOnOverBlocksAndStretchesUntilThereIsSound() {
        var meter = LevelMeter()
        meter.measure(([5, 0, 0] as [Int16]).span)
        #expect(meter.zeroRunFrames == 2)
        #expect(meter.take().zeroFrames == 2)
        meter.measure(([0, 0, 0] as [Int16]).span)
        #expect(meter.zeroRunFrames == 5)
        #expect(meter.take().zeroFrames == 3)
        meter.measure(([0, -1] as [Int16]).span)
        #expect(meter.zeroRunFrames == 0)
        #expect(meter.take().zeroFrames == 1)
    }

    @Test func blocksAddUpToTheSameAsOne() {
        let samples = Signals.noise(frames: 1_000, seed: 1)
        var meter = LevelMeter()
        for start in stride(from: 0, to: 1_000, by: 125) {
            meter.measure(samples.span.extracting(start..<start + 125))
        }
        #expect(meter.take() == level(samples))
        #expect(meter.take().frames == 0)
    }
}
