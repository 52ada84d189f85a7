import Audio
import Crossing
import Timeline

/// What takes the place of records: where memory was too small, where somebody muted, where a disk failed.
extension PacketLog {
    func hole(at position: StreamPosition) -> StreamEntry? {
        holes.first { $0.position <= position && position < $0.end }
    }

    /// Everything that is kept and not confirmed from the record that holds `position` on is dropped, in
    /// memory and on the disk, where it is overwritten. Returns the audio that was dropped, for `cause`.
    package func purge(from position: StreamPosition, cause: GapCause = .purged) -> [Gap] {
        var start = max(position, confirmed)
        if let record = recordStart(at: start) { start = record }
        var covered = spool?.runs.part(from: start, to: spool?.runs.end ?? start) ?? []
        var next = covered.last?.end ?? start
        while true {
            if let hole = hole(at: next) {
                covered.append(hole)
                next = hole.end
            } else if records.oldest <= next, let entry = records.entry(at: next) {
                covered.append(entry)
                next = entry.end
            } else {
                break
            }
        }
        var gaps: [Gap] = []
        gaps.append(audioOf: covered, from: confirmed, cause: cause)
        holes.removeAll { $0.position >= start }
        for entry in covered { dig(entry, cause: cause) }
        records.erase(from: start, cause: cause)
        spool?.purge(from: start)
        release()
        return gaps
    }

    /// The spool had to take a record more than was asked for.
    func purgedOnDisk(from position: StreamPosition) {
        guard let spool, let end = spool.runs.end, position < end else { return }
        let lost = spool.runs.part(from: position, to: end)
        news.append(audioOf: lost, from: confirmed, cause: .purged)
        spool.runs.remove(from: position)
        let behind = holes
        holes = []
        for entry in lost { dig(entry, cause: .purged) }
        holes += behind
        release()
    }

    /// Takes from memory what it has no room for, and what is too old to be sent.
    func dropFromMemory(now: BootTime) {
        while let entry = records.entry(at: records.oldest) {
            let isFull = bounds.isFull(records.fill())
            guard isFull || bounds.isStale(entry, now: now) else { return }
            drop(entry)
        }
    }

    private func drop(_ entry: StreamEntry) {
        defer { records.release(endingBy: entry.end) }
        if hole(at: entry.position) != nil { return }
        if let end = spool?.runs.end, entry.end <= end { return }
        news.append(audioOf: [entry], from: confirmed, cause: .expired)
        // Something older is kept: what is dropped leaves a hole behind it.
        if (spool?.runs.isEmpty ?? true) && holes.isEmpty || entry.end <= confirmed {
            confirmed = max(confirmed, entry.end)
        } else {
            dig(entry, cause: .expired)
        }
    }

    /// Puts a hole behind the others; a gap stays what it is.
    private func dig(_ entry: StreamEntry, cause: GapCause) {
        var hole = entry
        if entry.kind == .packet { (hole.kind, hole.cause) = (.gap, cause) }
        if let last = holes.last, last.end == hole.position, last.cause == hole.cause, entry.kind == .packet {
            holes[holes.count - 1].frames += hole.frames
        } else {
            holes.append(hole)
        }
    }

    /// Holes that were written to the disk are found there from now on; where it holds audio that was told to
    /// be lost meanwhile, the hole holds.
    func settleHoles() {
        guard let spool, let start = spool.runs.start, let end = spool.runs.end else { return }
        let before = holes.compactMap { $0.part(from: $0.position, to: min($0.end, start)) }
        let behind = holes.compactMap { $0.part(from: max($0.position, end), to: $0.end) }
        for part in holes.compactMap({ $0.part(from: max($0.position, start), to: min($0.end, end)) }) {
            spool.runs.replace(with: part)
        }
        holes = before + behind
    }

    /// A stretch on the disk cannot be read.
    func lose(_ stretch: StreamEntry) {
        guard let spool else { return }
        let lost = spool.runs.part(from: stretch.position, to: stretch.end)
        guard let first = lost.first, let last = lost.last, lost.contains(where: { $0.kind == .packet })
        else {
            return
        }
        // What memory still holds is not lost.
        let end = records.oldest < last.end ? max(first.position, records.oldest) : last.end
        guard first.position < end else { return }
        let gap = StreamEntry.damaged(from: first.position, to: end, capturedAt: first.capturedAt)
        news.append(audioOf: spool.runs.part(from: first.position, to: end), from: confirmed, cause: .damaged)
        spool.runs.replace(with: gap)
    }

    /// What the disk and the memory of an earlier run hold is made one sequence, with the gaps that run told.
    /// What nobody holds is lost.
    func join(_ found: RunList?, _ told: [Gap]) {
        let nowhere = BootTime(nanoseconds: 0)
        for gap in told.sorted(by: { $0.start < $1.start }) where gap.end > confirmed {
            let start = max(gap.start, holes.last?.end ?? gap.start)
            guard start < gap.end else { continue }
            holes.append(
                StreamEntry(
                    kind: .gap, cause: gap.cause, position: start, frames: gap.end - start,
                    capturedAt: nowhere))
        }
        var known = holes.map { $0.position..<$0.end }
        if let start = found?.start, let end = found?.end { known.append(start..<end) }
        var next = confirmed
        for stretch in known.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let start = min(stretch.lowerBound, records.floor)
            if next < start { news.append(Gap(start: next, end: start, cause: .damaged)) }
            next = max(next, stretch.upperBound)
        }
        if next < records.floor { news.append(Gap(start: next, end: records.floor, cause: .damaged)) }
        holes += news.map { .damaged(from: $0.start, to: $0.end, capturedAt: nowhere) }
        holes.sort { $0.position < $1.position }
        settleHoles()
    }

    private func recordStart(at position: StreamPosition) -> StreamPosition? {
        if let hole = hole(at: position) { return hole.position }
        if records.oldest <= position { return records.entry(at: position)?.position }
        return nil
    }

    // MARK: towards the disk

    /// Bytes in memory only; a hole counts for one.
    func unwrittenBytes(from position: StreamPosition) -> Int {
        let bytes = records.oldest < position ? records.bytes(from: position) : records.fill().bytes
        return bytes == 0 && holes.contains { $0.end > position } ? 1 : bytes
    }

    /// What follows from `position` on, as much as one batch takes.
    func batch(from position: StreamPosition) -> SpoolBatch {
        var batch = SpoolBatch()
        var next = position
        while batch.bytes < SpoolPolicy.batchBytes {
            if let hole = hole(at: next) {
                var part = hole
                part.frames = hole.end - next
                part.position = next
                batch.append(part)
                next = hole.end
            } else if records.oldest <= next, let entry = records.entry(at: next), entry.position == next {
                records.withPayload(at: next) { batch.append(entry, payload: $0) }
                next = entry.end
            } else {
                break
            }
        }
        return batch
    }
}

extension StreamEntry {
    /// This gap from `start` to `end`; nil if nothing is left of it.
    fileprivate func part(from start: StreamPosition, to end: StreamPosition) -> StreamEntry? {
        guard start < end else { return nil }
        var part = self
        part.position = start
        part.frames = end - start
        return part
    }
}
