import Audio
import System
import Timeline

/// What earlier runs left on the disk.
package struct SpoolSurvey: Sendable {
    /// Sorted by name.
    package internal(set) var sessions: [SurveyedSession] = []
    /// What could not be looked at, and why.
    package internal(set) var problems: [String] = []
}

/// A session found on the disk.
package struct SurveyedSession: Sendable {
    package let name: String
    /// As the agent gave it when the session began; nil if no header could be read.
    package internal(set) var identity: [UInt8]?
    package internal(set) var rate: SampleRate?
    /// The newest one.
    package internal(set) var checkpoint: [UInt8]?
    /// What is there, in order and adjoining: packets as runs, gaps one by one, what was lost as `.damaged`.
    package internal(set) var runs = RunList(rate: nil)
    /// Of all its segments.
    package internal(set) var bytes = 0
    /// Bytes that are no record any more.
    package internal(set) var damage: [SpoolDamage] = []
    /// Segments of a later version, which were left alone.
    package internal(set) var newer: [String] = []

    package var start: StreamPosition? { runs.start }
    package var end: StreamPosition? { runs.end }
}

/// Bytes of a segment that are no record: a torn write, a bad block.
package struct SpoolDamage: Sendable, Equatable {
    /// Session and segment.
    package let path: String
    package let bytes: Range<Int>
    /// Nothing readable follows in this segment.
    package let isTail: Bool
}

extension Spool {
    /// Looks at everything earlier runs left. Before the first job; reads every segment whole.
    /// `progressed` is called before each.
    package func survey(_ progressed: @Sendable () -> Void = {}) -> SpoolSurvey {
        var survey = SpoolSurvey()
        let names: [String]
        do throws(SystemError) {
            names = try disk.names(in: "")
        } catch {
            survey.problems.append(error.description)
            return survey
        }
        for name in names where !name.hasPrefix(".") && disk.isDirectory(name) {
            let found = surveySession(name, &survey.problems, progressed)
            if found.bytes > 0 { survey.sessions.append(found) }
        }
        return survey
    }

    private func surveySession(
        _ name: String, _ problems: inout [String], _ progressed: @Sendable () -> Void
    ) -> SurveyedSession {
        var found = SurveyedSession(name: name)
        var session = Session()
        var segments: [(StreamPosition, SegmentContents)] = []
        let files: [String]
        do throws(SystemError) {
            files = try disk.names(in: name)
        } catch {
            problems.append(error.description)
            return found
        }
        for file in files {
            guard let first = SpoolIndex.first(ofName: file) else { continue }
            progressed()
            do throws(SystemError) {
                let bytes = try disk.read("\(name)/\(file)")
                let contents = SegmentContents(bytes, first: first)
                found.bytes += bytes.count
                found.damage += contents.damage.map {
                    SpoolDamage(path: "\(name)/\(file)", bytes: $0, isTail: $0.upperBound == bytes.count)
                }
                if case .newer = contents.header {
                    found.newer.append("\(name)/\(file)")
                } else {
                    segments.append((first, contents))
                }
            } catch {
                problems.append(error.description)
            }
        }
        take(segments, into: &session, &found)
        sessions[name] = session
        return found
    }

    private func take(
        _ segments: [(StreamPosition, SegmentContents)], into session: inout Session,
        _ found: inout SurveyedSession
    ) {
        for (_, contents) in segments {
            if case .intact(let header) = contents.header {
                found.identity = header.identity
                found.rate = header.rate
            }
            found.checkpoint = contents.checkpoint ?? found.checkpoint
        }
        found.runs = RunList(rate: found.rate)
        for (first, contents) in segments {
            for record in contents.records { found.runs.append(record.entry) }
            guard let last = contents.records.last?.entry else {
                // Nothing in it can be read; it is deleted before anything is written.
                session.leftovers.insert(SpoolIndex.name(of: first))
                continue
            }
            session.index.found(
                SpoolIndex.Segment(
                    first: first, end: last.end, bytes: contents.end, newest: last.capturedAt))
        }
        session.end = session.index.end
        session.identity = found.identity ?? []
        session.rate = found.rate
        session.checkpoint = found.checkpoint
    }
}
