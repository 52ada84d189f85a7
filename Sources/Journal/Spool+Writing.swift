import Audio
import System
import Timeline

/// Writing: a batch counts as a whole or not at all.
extension Spool {
    func append(_ batch: SpoolBatch, to name: String, _ synchronise: Bool) throws(SystemError) {
        guard let start = batch.start, let end = batch.end, let newest = batch.entries.last?.capturedAt else {
            return
        }
        try clean(name)
        let index = session(name).index
        switch index.place(batchBytes: batch.bytes) {
        case .extend(let segment):
            var writer = SegmentWriter(first: segment.first, offset: segment.bytes)
            for (index, entry) in batch.entries.enumerated() {
                writer.append(entry, payload: batch.payload(index))
            }
            try extend(segment, of: name, with: writer.bytes, synchronise)
            sessions[name]?.index.extended(to: end, by: writer.bytes.count, newest: newest)
        case .begin:
            if let last = index.segments.last, last.first == start { try delete(last, of: name) }
            try begin(at: start, in: name, batch, synchronise)
        }
        sessions[name]?.end = end
    }

    /// Undoes what failed writes left behind.
    func clean(_ name: String) throws(SystemError) {
        for file in session(name).leftovers {
            try disk.remove("\(name)/\(file)")
            sessions[name]?.leftovers.remove(file)
        }
        for segment in session(name).index.segments where segment.hasTail {
            try disk.truncate("\(name)/\(segment.name)", to: segment.bytes)
            sessions[name]?.index.cut(segment.first)
        }
    }

    /// Keeps `blob` in the segment that is being written, and in every one that begins later.
    func keep(_ blob: [UInt8], of name: String) throws(SystemError) {
        sessions[name, default: Session()].checkpoint = blob
        let index = session(name).index
        // Nothing on the disk: nothing to come back to.
        guard let last = index.segments.last else { return }
        try clean(name)
        guard index.isOpen else {
            if last.first == last.end { try delete(last, of: name) }
            try begin(at: last.end, in: name, SpoolBatch(), false)
            return
        }
        var writer = SegmentWriter(first: last.first, offset: last.bytes)
        writer.append(checkpoint: blob)
        try extend(last, of: name, with: writer.bytes, false)
        sessions[name]?.index.extended(to: last.end, by: writer.bytes.count, newest: last.newest)
    }

    func synchronise(_ name: String) throws(SystemError) {
        guard let last = session(name).index.segments.last else { return }
        try disk.synchronise("\(name)/\(last.name)")
        try disk.synchronise(name)
    }

    private func extend(
        _ segment: SpoolIndex.Segment, of name: String, with bytes: [UInt8], _ synchronise: Bool
    ) throws(SystemError) {
        let path = "\(name)/\(segment.name)"
        do throws(SystemError) {
            try disk.write(bytes, to: path, at: segment.bytes, creating: false, synchronise: synchronise)
        } catch {
            var hasTail = false
            do throws(SystemError) {
                try disk.truncate(path, to: segment.bytes)
            } catch {
                hasTail = !error.isMissing
            }
            sessions[name]?.index.failed(hasTail: hasTail)
            throw error
        }
    }

    private func begin(
        at start: StreamPosition, in name: String, _ batch: SpoolBatch, _ synchronise: Bool
    ) throws(SystemError) {
        let session = session(name)
        var writer = SegmentWriter(first: start, offset: 0)
        writer.append(
            SegmentHeader(
                rate: session.rate ?? SampleRate(hertz: 1), first: start, identity: session.identity))
        if let checkpoint = session.checkpoint { writer.append(checkpoint: checkpoint) }
        for (index, entry) in batch.entries.enumerated() {
            writer.append(entry, payload: batch.payload(index))
        }
        let segment = SpoolIndex.Segment(
            first: start, end: batch.end ?? start, bytes: writer.bytes.count,
            newest: batch.entries.last?.capturedAt ?? session.index.segments.last?.newest
                ?? BootTime(nanoseconds: 0))
        let path = "\(name)/\(segment.name)"
        do throws(SystemError) {
            try disk.makeDirectory(name)
            try disk.write(writer.bytes, to: path, at: 0, creating: true, synchronise: synchronise)
            if synchronise {
                try disk.synchronise(name)
                try disk.synchronise("")
            }
        } catch {
            sessions[name]?.index.failed(hasTail: false)
            do throws(SystemError) { try disk.remove(path) } catch {
                sessions[name]?.leftovers.insert(segment.name)
            }
            throw error
        }
        sessions[name]?.index.began(segment)
    }
}
