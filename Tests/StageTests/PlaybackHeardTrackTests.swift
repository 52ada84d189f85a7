import Playback
import Testing

@Suite("The heard track") struct PlaybackHeardTrackTests {
    @Test("follows sound through the device to the frame")
    func sound() {
        var track = HeardTrack()
        track.wroteSilence(480)
        track.wroteSound(480, offset: 0, bytesPerFrame: 2)
        track.wroteSilence(480)
        for (delay, heard) in [(1_440, 0), (960, 0), (959, 2), (720, 480), (481, 958), (480, 960), (0, 960)] {
            track.played(delay: delay)
            #expect(track.heard == UInt64(heard), "delay \(delay)")
        }
        #expect(!track.hasSound)
    }

    @Test("never goes back, whatever the device says")
    func monotonic() {
        var track = HeardTrack()
        track.wroteSound(100, offset: 0, bytesPerFrame: 4)
        track.played(delay: 10)
        track.played(delay: 60)
        #expect(track.heard == 360)
        track.played(delay: -5)
        #expect(track.heard == 400)
    }

    @Test("bytes thrown away behind queued sound are passed when that sound is")
    func skipped() {
        var track = HeardTrack()
        track.wroteSound(100, offset: 0, bytesPerFrame: 1)
        track.skipped(to: 1_000)
        track.wroteSound(100, offset: 1_000, bytesPerFrame: 1)
        track.played(delay: 150)
        #expect(track.heard == 50)
        track.played(delay: 100)
        #expect(track.heard == 1_000)
        track.played(delay: 0)
        #expect(track.heard == 1_100)
        track.skipped(to: 2_000)
        #expect(track.heard == 2_000)
    }

    @Test("a device that is emptied leaves nothing to wait for")
    func emptied() {
        var track = HeardTrack()
        track.wroteSound(100, offset: 0, bytesPerFrame: 1)
        track.wroteSilence(50)
        track.emptied()
        #expect(track.heard == 100)
        #expect(track.written == 0)
        track.wroteSound(10, offset: 100, bytesPerFrame: 1)
        track.played(delay: 5)
        #expect(track.heard == 105)
    }

    @Test("more stretches than fit are merged, and the end stays exact")
    func manyStretches() {
        var track = HeardTrack()
        for index in 0..<200 {
            track.wroteSound(1, offset: UInt64(index), bytesPerFrame: 1)
            track.wroteSilence(1)
        }
        track.played(delay: 1)
        #expect(track.heard == 200)
        #expect(!track.hasSound)
    }
}
