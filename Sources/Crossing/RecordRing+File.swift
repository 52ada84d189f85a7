import Synchronization
import Timeline

/// A ring that a program left behind, and what was found in it.
@frozen package struct ResumedRecords: ~Copyable {
    package let ring: RecordRing
    /// What `create` was given.
    package let identity: [UInt8]
    /// What the last whole `checkpoint` was given; nil: there was none.
    package let checkpoint: [UInt8]?
    /// The newest record there is, released ones not counted; nil where there is none.
    package let lastEntry: StreamEntry?
    package let report: ResumeReport
}

/// How much of a ring's file could be used.
package struct ResumeReport: Equatable, Sendable {
    /// Whole records, oldest first, and the bytes they take.
    package let records: Int
    package let recordBytes: Int
    /// Bytes from the first damaged record on: they are lost.
    package let droppedBytes: Int
}

extension RecordRing {
    /// The most an identity may have, in bytes.
    package static let identityBytesMax = RingFileHeader.identityBytesMax
    /// The most a checkpoint may have, in bytes.
    package static let checkpointBytesMax = RingCheckpoints.bytesMax

    /// A new ring in a file at `path`, instead of the one that may lie there, which must not be in use.
    ///
    /// The directory is on tmpfs, where the file is memory that outlives the program but not the machine. The
    /// file takes 64 KiB and the next power of two from `capacityBytes` on, all of it at once. It gets its
    /// name when it is whole. `identity`, at most `identityBytesMax`, says whose records these are.
    package static func create(
        path: String, capacityBytes: Int, identity: [UInt8]
    ) throws(RingFileError) -> RecordRing {
        precondition(identity.count <= identityBytesMax, "an identity has at most 4 KiB")
        let file = try RingFile.open(path + ".new", isNew: true)
        let old: RingFile?
        do throws(RingFileError) {
            old = try openIfThere(path)
        } catch {
            file.remove()
            throw error
        }
        let ring = try make(file, named: path, capacityBytes, identity)
        // Held until the new one had its name: nobody could begin to use it meanwhile.
        _ = consume old
        return ring
    }

    private static func openIfThere(_ path: String) throws(RingFileError) -> RingFile? {
        do throws(RingFileError) {
            return try RingFile.open(path)
        } catch {
            guard case .missing = error else { throw error }
            return nil
        }
    }

    private static func make(
        _ file: consuming RingFile, named path: String, _ capacityBytes: Int, _ identity: [UInt8]
    ) throws(RingFileError) -> RecordRing {
        let mappedBytes = RingMemory.mappedBytes(for: capacityBytes)
        let temporary = file.path
        let header: UnsafeMutableRawPointer
        do throws(RingFileError) {
            try file.reserve(RingFileHeader.bytes + mappedBytes)
            unsafe header = try file.map(mappedBytes: mappedBytes)
        } catch {
            file.remove()
            throw error
        }
        unsafe header.storeBytes(
            of: RingFileHeader(
                mappedBytes: mappedBytes, capacityBytes: capacityBytes, identity: identity),
            as: RingFileHeader.self)
        unsafe identity.withUnsafeBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(
                start: header + RingFileHeader.identityOffset, count: bytes.count
            ).copyMemory(from: bytes)
        }
        unsafe counts(header).initialize(to: RingCounts())
        let bytes = unsafe SampleRing(
            memory: memory(of: file, header, mappedBytes), capacity: capacityBytes)
        try RingFile.rename(temporary, to: path)
        return RecordRing(bytes: bytes, checkpoints: RingCheckpoints())
    }

    /// The ring in the file at `path`, as a program that ended, however suddenly, left it.
    ///
    /// All records not yet released are looked at; the first damaged one and all after it are dropped.
    package static func resume(path: String) throws(RingFileError) -> ResumedRecords {
        let file = try RingFile.open(path)
        let said = try file.header()
        let (mappedBytes, capacity) = (Int(said.mappedBytes), Int(said.capacityBytes))
        let header = unsafe try file.map(mappedBytes: mappedBytes)
        let memory = unsafe memory(of: file, header, mappedBytes)
        let identity = unsafe [UInt8](
            UnsafeRawBufferPointer(
                start: header + RingFileHeader.identityOffset, count: Int(said.identityBytes)))
        guard RingFileHeader.checksum(of: identity) == said.identityChecksum else {
            throw .torn(path: path, .identity)
        }
        let committed = unsafe counts(header).pointee.committed.load(ordering: .acquiring)
        let released = unsafe counts(header).pointee.released.load(ordering: .acquiring)
        guard released <= committed, committed - released <= UInt64(capacity), committed < 1 << 62,
            released % 8 == 0, committed % 8 == 0
        else { throw .torn(path: path, .counters) }

        let walk = unsafe walk(
            header + RingFileHeader.bytes, mappedBytes, from: released, to: committed)
        unsafe counts(header).pointee.committed.store(walk.end, ordering: .releasing)
        let (checkpoints, newest) = unsafe RingCheckpoints.find(in: header)
        let bytes = SampleRing(memory: memory, capacity: capacity, consumed: released, written: walk.end)
        return ResumedRecords(
            ring: RecordRing(bytes: bytes, checkpoints: checkpoints), identity: identity, checkpoint: newest,
            lastEntry: walk.lastEntry,
            report: ResumeReport(
                records: walk.records, recordBytes: Int(walk.end - released),
                droppedBytes: Int(committed - walk.end)))
    }

    /// Goes from record to record, as far as they are whole.
    private static func walk(
        _ base: UnsafeMutableRawPointer, _ mappedBytes: Int, from start: UInt64, to committed: UInt64
    ) -> (end: UInt64, records: Int, lastEntry: StreamEntry?) {
        var end = start
        var records = 0
        var last: StreamEntry?
        while end < committed {
            let bytes = unsafe UnsafeRawBufferPointer(
                start: base + Int(end & UInt64(mappedBytes - 1)), count: Int(committed - end))
            guard let found = unsafe RecordHeader.read(RawSpan(_unsafeBytes: bytes), place: end) else {
                break
            }
            last = found.entry
            end += UInt64(found.recordBytes)
            records += 1
        }
        return (end, records, last)
    }

    private static func counts(_ header: UnsafeMutableRawPointer) -> UnsafeMutablePointer<RingCounts> {
        unsafe (header + RingFileHeader.countsOffset).assumingMemoryBound(to: RingCounts.self)
    }

    private static func memory(
        of file: consuming RingFile, _ header: UnsafeMutableRawPointer, _ mappedBytes: Int
    ) -> RingMemory.Pair {
        unsafe RingMemory.Pair(
            counts: counts(header), base: header + RingFileHeader.bytes, mappedBytes: mappedBytes,
            hold: RingHold(
                mapping: header, mappingBytes: RingFileHeader.bytes + 2 * mappedBytes, file: file))
    }
}
