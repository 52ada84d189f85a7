import Audio
import System
import Timeline

/// Reading back, and making unreadable.
extension Spool {
    /// Records from the one that holds `position` on, `limit` bytes or one record more; adjoining.
    func fetch(
        _ name: String, from position: StreamPosition, _ limit: Int, _ skipping: Bool
    ) throws(SystemError) -> SpoolBatch {
        var batch = SpoolBatch()
        var expected = position
        for segment in session(name).index.segments(from: position) {
            guard batch.bytes < limit else { break }
            var bytes: [UInt8] = []
            do throws(SystemError) {
                bytes = try disk.read("\(name)/\(segment.name)")
            } catch {
                // What is gone is gone; what cannot be read now may be readable later.
                if !error.isMissing && !skipping {
                    if batch.isEmpty { throw error }
                    break
                }
            }
            let contents = SegmentContents(Array(bytes.prefix(segment.bytes)), first: segment.first)
            for record in contents.records where record.entry.end > expected {
                guard batch.bytes < limit else { return batch }
                fill(&batch, from: expected, to: record.entry.position, record.entry.capturedAt)
                if record.entry.position < expected && !batch.isEmpty { continue }
                batch.append(record.entry, payload: bytes[record.payload])
                expected = record.entry.end
            }
            fill(&batch, from: expected, to: segment.end, segment.newest)
            expected = max(expected, segment.end)
        }
        return batch
    }

    private func fill(
        _ batch: inout SpoolBatch, from start: StreamPosition, to end: StreamPosition, _ time: BootTime
    ) {
        if start < end { batch.append(.damaged(from: start, to: end, capturedAt: time)) }
    }

    /// Makes everything from the record that holds `position` on unreadable: overwritten with zeros, synced,
    /// and then cut off or deleted. What a wear-levelling medium keeps of it underneath is beyond a program.
    ///
    /// Returns where that record began. From the last segment backwards, so that a failure leaves order.
    func purge(_ name: String, from position: StreamPosition) throws(SystemError) -> StreamPosition {
        try clean(name)
        var start = position
        for segment in session(name).index.segments(from: position).reversed() {
            let path = "\(name)/\(segment.name)"
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try disk.read(path)
            } catch {
                guard error.isMissing else { throw error }
                sessions[name]?.index.removed(segment)
                start = min(start, segment.first)
                continue
            }
            let contents = SegmentContents(bytes, first: segment.first)
            let kept = contents.records.last { $0.entry.end <= position }
            let offset = kept?.range.upperBound ?? 0
            let zeros = [UInt8](repeating: 0, count: bytes.count - offset)
            try disk.write(zeros, to: path, at: offset, creating: false, synchronise: true)
            if let kept {
                try disk.truncate(path, to: offset)
                sessions[name]?.index.cutLast(to: kept.entry.end, bytes: offset)
                start = min(start, kept.entry.end)
            } else {
                try delete(segment, of: name)
                start = min(start, segment.first)
            }
        }
        let end = session(name).index.end
        sessions[name]?.end = end
        return start
    }
}
