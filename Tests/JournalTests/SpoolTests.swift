import Audio
import Glibc
import System
import Testing
import Timeline

@testable import Journal

@Suite struct SpoolTests {
    private func position(_ frames: Int64) -> StreamPosition { StreamPosition(frames: frames) }

    @Test func anOutageThatLastsGoesToTheDiskAndComesBackInOrder() throws {
        let rig = try SpoolRig(SpoolPolicy(durability: .outage, spoolAfter: .seconds(5)), capacity: 1 << 20)
        rig.log.linkIsDown(since: rig.now)
        for _ in 0..<10 {
            rig.capture(49)
            rig.tick()
            rig.work()
        }
        #expect(rig.segments.count == 1, "9.8 s are longer than 5")
        for _ in 0..<40 {
            rig.capture(100, payloadBytes: 400)
            rig.tick()
            rig.work()
        }
        #expect(rig.segments.count > 1 && rig.gaps.isEmpty)
        #expect(rig.log.lookup(.start) == .loading)
        rig.log.linkIsUp()
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
        rig.confirm(rig.end)
        rig.tick()
        rig.work()
        #expect(rig.segments.isEmpty, "all of it is confirmed")
    }

    @Test func aShortOutageCostsNoWrite() throws {
        let rig = try SpoolRig(SpoolPolicy(durability: .outage, spoolAfter: .seconds(5)), capacity: 1 << 20)
        rig.log.linkIsDown(since: rig.now)
        rig.capture(200)
        rig.tick()
        rig.log.linkIsUp()
        rig.capture(2_000)
        rig.tick()
        rig.work()
        #expect(rig.segments.isEmpty)
    }

    @Test func memoryHalfFullGoesToTheDiskWithoutAnOutage() throws {
        let rig = try SpoolRig(SpoolPolicy(durability: .outage, spoolAfter: .seconds(5)), capacity: 1 << 18)
        for _ in 0..<40 {
            rig.capture(100)
            rig.tick()
            rig.work()
        }
        #expect(!rig.segments.isEmpty && rig.gaps.isEmpty)
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
    }

    @Test func aPowerCutCostsOneSecondAtMost() throws {
        let rig = try SpoolRig()
        for _ in 0..<30 {
            rig.capture(50)
            rig.tick()
            rig.work()
        }
        rig.capture(50)
        #expect(rig.disk.synchronised == 30, "once a second")
        let end = rig.end
        let survey = try rig.crash(losingMemory: true)
        #expect(survey.sessions.count == 1 && survey.sessions[0].identity == Array("who".utf8))
        #expect(survey.sessions[0].runs.entries.count == 1 && survey.sessions[0].damage.isEmpty)
        #expect(end - rig.end == FrameCount(16_000))
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
    }

    @Test(arguments: [ENOSPC, EDQUOT, EROFS, EACCES, EIO])
    func aDiskThatFailsCostsNothingWhileMemoryLasts(code: Int32) throws {
        let rig = try SpoolRig(capacity: 1 << 18)
        for second in 0..<100 {
            if second == 3 { (rig.disk.writeError, rig.disk.leavesBytes) = (code, 777) }
            rig.capture(8)
            rig.now = rig.now + .seconds(1)
            rig.tick()
            rig.work()
            if second == 20 {
                #expect(rig.log.trouble?.path.hasPrefix("box-1") == true)
                #expect(rig.log.trouble?.remedy.isEmpty == false)
                rig.disk.writeError = nil
            }
        }
        #expect(rig.log.trouble == nil, "it was tried again")
        #expect(rig.gaps.isEmpty)
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
        let survey = try rig.crash(losingMemory: true)
        #expect(survey.sessions.first?.damage == [], "what the failed write left was taken away")
        #expect(rig.end == rig.captured.last?.end)
    }

    @Test func troublesAreTold() throws {
        let kinds: [(Int32, SpoolTrouble.Kind)] = [
            (ENOSPC, .full), (EDQUOT, .full), (EROFS, .readOnly), (EACCES, .denied), (EIO, .inputOutput),
            (ENOTDIR, .other),
        ]
        for (code, kind) in kinds {
            let trouble = SpoolTrouble(SystemError("write", "x", code: code), since: BootTime(nanoseconds: 1))
            #expect(trouble.kind == kind && !trouble.remedy.isEmpty)
        }
    }

    @Test func aDiskThatHangsIsTroubleAndWhatMemoryLosesIsAGap() throws {
        let rig = try SpoolRig(capacity: 1 << 16)
        rig.capture(50)
        rig.tick()
        rig.now = rig.now + .seconds(11)
        rig.tick()
        #expect(rig.log.trouble?.kind == .stalled)
        for _ in 0..<40 {
            rig.capture(20)
            rig.tick()
        }
        #expect(rig.waitingJobs <= 4, "it is not given more and more")
        #expect(!rig.gaps.isEmpty && rig.gaps.allSatisfy { $0.cause == .expired })
        rig.work()
        #expect(rig.log.trouble == nil)
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
    }

    @Test func whatDoesNotFitOnTheDiskIsDroppedFromTheOldest() throws {
        let rig = try SpoolRig(spoolBounds: SpoolBounds(maxBytes: 2 << 20))
        for _ in 0..<75 {
            rig.capture(50, payloadBytes: 900)
            rig.tick()
            rig.work()
        }
        let bytes = try rig.diskBytes().count
        #expect(bytes <= 2 << 20 && bytes > 1 << 20)
        #expect(rig.gaps.first?.start == .start && rig.gaps.allSatisfy { $0.cause == .expired })
        #expect(rig.log.confirmed == rig.gaps.last?.end)
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
    }

    @Test func whatIsTooOldOnTheDiskIsDropped() throws {
        let rig = try SpoolRig(
            spoolBounds: SpoolBounds(maxBytes: 64 << 20, maxAge: .seconds(30)))
        for _ in 0..<75 {
            rig.capture(50, payloadBytes: 900)
            rig.tick()
            rig.work()
        }
        let kept = LogRig.time(rig.end) - LogRig.time(rig.log.oldest)
        #expect(kept > .seconds(29) && kept < .seconds(30 + 23), "a segment of 1 MiB is 22 s here")
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
    }

    @Test func whatIsPurgedIsNowhereInTheFiles() throws {
        let rig = try SpoolRig()
        for _ in 0..<40 {
            rig.capture(50, payloadBytes: 900)
            rig.tick()
            rig.work()
        }
        #expect(rig.segments.count == 2)
        let (from, last) = (rig.captured[900].position, rig.end)
        rig.purge(from: from)
        #expect(rig.gaps == [Gap(start: from, end: last, cause: .purged)])
        rig.work()
        rig.capture(100)
        rig.tick()
        rig.work()
        let bytes = try rig.diskBytes()
        // A record's position and length, as they lie in the file.
        func isThere(_ index: Int) -> Bool {
            var wanted: [UInt8] = []
            wanted.append(littleEndian: rig.captured[index].position.frames)
            wanted.append(littleEndian: Int64(320))
            return bytes.indices.contains { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
        }
        #expect(isThere(100) && isThere(899))
        #expect(![900, 901, 1_200, 1_999].contains { isThere($0) })
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
        // A restart finds the gap where the audio was, in memory too.
        let survey = try rig.crash()
        #expect(survey.sessions[0].runs.entry(at: from)?.cause == .purged)
        rig.readAll()
    }

    @Test func aPurgeThatFailsIsTriedUntilItIsDone() throws {
        let rig = try SpoolRig()
        for _ in 0..<5 {
            rig.capture(50)
            rig.tick()
            rig.work()
        }
        rig.disk.writeError = EIO
        rig.purge(from: position(32_000))
        rig.work()
        #expect(rig.log.trouble?.kind == .inputOutput)
        rig.disk.writeError = nil
        rig.capture(50)
        rig.now = rig.now + .seconds(31)
        rig.tick()
        rig.work()
        #expect(rig.log.trouble == nil)
        #expect(
            try rig.crash(losingMemory: true).sessions[0].runs.entry(at: position(32_000))?.cause == .purged)
    }

    @Test func anOrderlyStopWritesEverything() throws {
        let rig = try SpoolRig(SpoolPolicy(durability: .outage, spoolAfter: .seconds(5)), capacity: 1 << 20)
        rig.capture(3_000)
        rig.tick()
        var ended: Bool?
        rig.log.spillAll(now: rig.now) { ended = $0 }
        #expect(ended == nil)
        rig.work()
        #expect(ended == true)
        let end = rig.end
        _ = try rig.crash(losingMemory: true)
        #expect(rig.end == end)
        rig.readAll()
        rig.checkEverythingIsAccountedFor()
    }

    @Test func anOrderlyStopOnAFullDiskSaysSo() throws {
        let rig = try SpoolRig(SpoolPolicy(durability: .outage, spoolAfter: .seconds(5)), capacity: 1 << 20)
        rig.capture(3_000)
        rig.disk.writeError = ENOSPC
        var ended: Bool?
        rig.log.spillAll(now: rig.now) { ended = $0 }
        rig.work()
        #expect(ended == false)
    }

    @Test func aCheckpointOutlivesItsSegment() throws {
        let rig = try SpoolRig()
        rig.log.checkpoint([1], now: rig.now)
        for second in 0..<60 {
            rig.capture(50, payloadBytes: 900)
            if second == 5 { rig.log.checkpoint([2, 2], now: rig.now) }
            rig.tick()
            rig.work()
            rig.confirm(rig.end - FrameCount(30_000))
        }
        let survey = Spool(disk: rig.disk, bounds: rig.spoolBounds).survey()
        #expect(survey.sessions[0].checkpoint == [2, 2])
        #expect(rig.segments.count <= 2, "what is confirmed is deleted")
    }

    @Test func anEndedSessionIsReadFromTheDiskAloneAndRemoved() throws {
        let rig = try SpoolRig()
        for _ in 0..<20 {
            rig.capture(50)
            rig.tick()
            rig.work()
        }
        let spool = Spool(disk: rig.disk, bounds: rig.spoolBounds)
        let found = try #require(spool.survey().sessions.first)
        let queue = SpoolRig.Queue()
        let log = try PacketLog(
            found: found, access: SpoolRig.access(rig.policy, found, queue), bounds: rig.bounds,
            start: position(16_000))
        var next = log.oldest
        #expect(next == position(16_000))
        var count = 0
        while next < rig.end {
            switch log.lookup(next) {
            case .entry(let entry): (next, count) = (entry.end, count + 1)
            case .loading:
                for answer in spool.perform(queue.jobs.removeFirst()) { log.answered(answer, now: rig.now) }
            case .none:
                Issue.record("nothing at \(next)")
                return
            }
        }
        #expect(count == 950 && log.lookup(next) == .none)
        log.confirm(next)
        log.removeSession()
        while !queue.jobs.isEmpty {
            for answer in spool.perform(queue.jobs.removeFirst()) { log.answered(answer, now: rig.now) }
        }
        #expect(try rig.disk.names(in: "").isEmpty)
    }

    @Test func audioThatGoesBadOnTheDiskIsAGapAndTheRestIsRead() throws {
        let rig = try SpoolRig(capacity: 1 << 18)
        for _ in 0..<20 {
            rig.capture(50)
            rig.tick()
            rig.work()
        }
        for _ in 0..<20 {
            rig.capture(50, payloadBytes: 900)
            rig.tick()
            rig.work()
        }
        let path = "box-1/\(rig.segments[0])"
        try rig.disk.disk.write(
            [0xAA, 0x55, 0xAA], to: path, at: 50_000, creating: false, synchronise: false)
        rig.readAll()
        rig.tick()
        #expect(rig.gaps.count == 1 && rig.gaps[0].cause == .damaged && rig.gaps[0].length.value == 320)
        rig.checkEverythingIsAccountedFor()
    }

    @Test func aDiskThatCannotBeReadIsTriedAndThenGivenUp() throws {
        let rig = try SpoolRig(capacity: 1 << 17)
        for _ in 0..<100 {
            rig.capture(50)
            rig.tick()
            rig.work()
        }
        rig.disk.readError = EIO
        rig.readAll()
        rig.tick()
        #expect(!rig.gaps.isEmpty && rig.gaps.allSatisfy { $0.cause == .damaged })
        rig.checkEverythingIsAccountedFor()
    }

    @Test func segmentsOfALaterVersionAreReportedAndLeft() throws {
        let rig = try SpoolRig()
        var writer = SegmentWriter(first: .start, offset: 0)
        var header = SegmentHeader(rate: SpoolRig.rate, first: .start, identity: [])
        (header.version, header.minimumReader) = (7, 7)
        writer.append(header)
        try rig.disk.makeDirectory("old")
        let path = "old/\(SpoolIndex.name(of: .start))"
        try rig.disk.write(writer.bytes, to: path, at: 0, creating: true, synchronise: false)
        let spool = Spool(disk: rig.disk, bounds: rig.spoolBounds)
        #expect(spool.survey().sessions.map(\.newer) == [[path]])
        _ = spool.perform(SpoolJob(session: "old", number: 1, task: .remove))
        #expect(try rig.disk.read(path) == writer.bytes)
    }

    @Test func freshAudioNeverGoesToTheDisk() throws {
        let rig = try SpoolRig(bounds: JournalBounds(freshAge: .seconds(3)))
        rig.log.linkIsDown(since: rig.now)
        for _ in 0..<30 {
            rig.capture(50)
            rig.tick()
            rig.work()
        }
        #expect(rig.segments.isEmpty)
        #expect(rig.log.oldest == rig.end - FrameCount(48_000))
    }

    @Test func othersCannotReadWhatIsSpooled() throws {
        let rig = try SpoolRig()
        rig.capture(50)
        rig.tick()
        rig.work()
        var status = stat()
        stat("\(rig.directory)/box-1", &status)
        #expect(status.st_mode & 0o777 == 0o700)
        stat("\(rig.directory)/box-1/\(rig.segments[0])", &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }
}
