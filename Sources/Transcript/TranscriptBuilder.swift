import Audio
import Timeline

/// Makes one transcript of the results of any number of connections.
///
/// Events go in, lines come out, in the order to be written. Write the lines an event returned, then
/// publish `confirmed`, and only then let the queue be trimmed: so a crash between any two of these steps
/// repeats work and never loses or doubles a word.
///
/// Pure: no clock, file or logger. One owner, who calls from one thread at a time.
package struct TranscriptBuilder: Sendable {
    /// What every file begins with.
    package let session: SessionLine
    /// The uplink rate.
    package let rate: SampleRate
    package private(set) var clock: SessionClock
    package private(set) var ledger: Ledger
    /// Results that named a channel this session does not have, or ended before they started. They are the
    /// service's mistakes, are not written and confirm nothing.
    package private(set) var refusedResults = 0

    /// The end of the last final, by channel.
    package private(set) var cuts: [StreamPosition]
    /// Stretches the timeline entered without audio; the next audio ends one.
    private var absences: GapMerger
    /// Audio given up later; the next final, which shows that the service is heard again, ends one.
    private var drops: GapMerger
    /// What an earlier run of the program has written already.
    private let written: WrittenLines

    /// A transcript that begins.
    ///
    /// `channels`, 1…8, are those the service answers for one by one; a channel it never answers for would
    /// keep `confirmed` where it is.
    package init(session: SessionLine, rate: SampleRate, channels: Int, clock: SessionClock) {
        self.init(
            session: session, rate: rate, clock: clock, ledger: Ledger(),
            cuts: Array(repeating: .start, count: channels))
    }

    /// A transcript that goes on: `cuts` are the ends, channel by channel, of what is already answered for,
    /// and `ledger` is the account so far, in which every record before its head is entered.
    package init(
        session: SessionLine, rate: SampleRate, clock: SessionClock, ledger: Ledger, cuts: [StreamPosition],
        written: WrittenLines = WrittenLines()
    ) {
        precondition(TranscriptLimits.channels.contains(cuts.count), "a timeline has 1 to 8 channels")
        self.session = session
        self.rate = rate
        self.clock = clock
        self.ledger = ledger
        self.cuts = cuts.enumerated().map { max($1, written.finals[$0] ?? .start) }
        self.written = written
        let heldFrames = rate.frames(inNanoseconds: TranscriptLimits.heldGap.wholeNanoseconds)
        absences = GapMerger(limit: heldFrames)
        drops = GapMerger(limit: heldFrames)
        self.ledger.confirm(to: confirmed)
    }

    /// Every channel's audio before this position needs no replay.
    package var confirmed: StreamPosition { cuts.reduce(cuts[0], min) }

    /// The first line of the file, and of what each further run of the program adds to it.
    package func opened() -> TranscriptLine { .session(session) }

    /// A record of the timeline: audio that was captured, or a stretch that has none. Records come in order
    /// and adjoin.
    package mutating func entered(_ entry: StreamEntry) -> [TranscriptLine] {
        switch entry.kind {
        case .packet:
            clock.captured(entry.position, at: entry.capturedAt)
            ledger.capture(from: entry.position, to: entry.end)
            return absences.release().map(line)
        case .gap:
            guard entry.frames > .zero else { return [] }
            let gap = Gap(start: entry.position, end: entry.end, cause: entry.cause)
            ledger.lose(gap)
            return hold(gap)
        }
    }

    /// The transcript goes on; `kept` are the records that are still there, `dropped` what was given up and
    /// not overtaken by what is confirmed: gaps the earlier run knew of and did not live to write.
    package mutating func resumed(kept: [StreamEntry], dropped: [Gap]) -> [TranscriptLine] {
        let lost = dropped.filter { gap in
            // Damage that is among the records is written with them.
            gap.cause != .damaged
                || !kept.contains { $0.kind == .gap && $0.position <= gap.start && gap.end <= $0.end }
        }.flatMap { gap in
            let known = gap.cause.isGivenUp ? written.drops : written.absences
            let start = max(gap.start, known)
            guard start < gap.end else { return [TranscriptLine]() }
            return drops.add(Gap(start: start, end: gap.end, cause: gap.cause)).map(line)
        }
        return lost
            + kept.filter { $0.kind == .gap && $0.end <= ledger.head && !$0.cause.isGivenUp }
            .flatMap { hold(Gap(start: $0.position, end: $0.end, cause: $0.cause)) }
    }

    /// Holds back what of a gap without audio is not written yet.
    private mutating func hold(_ gap: Gap) -> [TranscriptLine] {
        let start = max(gap.start, written.absences)
        guard start < gap.end else { return [] }
        return absences.add(Gap(start: start, end: gap.end, cause: gap.cause)).map(line)
    }

    /// Audio that had been captured was given up. What the service has answered for is no gap: its words are
    /// on their way to the file, also where the queue could not be trimmed yet because the disk is full.
    package mutating func dropped(_ gap: Gap) -> [TranscriptLine] {
        guard gap.end > confirmed else { return [] }
        let gap = Gap(start: max(gap.start, confirmed), end: gap.end, cause: gap.cause)
        ledger.lose(gap)
        return drops.add(gap).map(line)
    }

    /// A packet was handed to a connection, for the first time or again.
    package mutating func sent(_ frames: FrameCount, from position: StreamPosition) {
        ledger.send(from: position, to: position + frames)
    }

    /// The service said something. An interim yields nothing; a final moves `confirmed`, and yields a line
    /// if it holds words that are not written yet.
    package mutating func recognised(_ result: RecognisedResult) -> [TranscriptLine] {
        guard result.isFinal else { return [] }
        guard cuts.indices.contains(result.channel), result.start <= result.end else {
            refusedResults += 1
            return []
        }
        let gaps = drops.release().map(line)
        let line = line(of: result)
        cuts[result.channel] = max(cuts[result.channel], result.end)
        ledger.confirm(to: confirmed)
        clock.forget(before: confirmed)
        return gaps + (line.map { [.final($0)] } ?? [])
    }

    /// The service ended a connection in order: nothing it was sent before `position` is left unanswered.
    package mutating func completed(_ position: StreamPosition) {
        for channel in cuts.indices { cuts[channel] = max(cuts[channel], position) }
        ledger.confirm(to: confirmed)
        clock.forget(before: confirmed)
    }

    /// What is not yet written of a result, interim or final, as the line would read; nil where nothing is
    /// left.
    package func line(of result: RecognisedResult) -> FinalLine? {
        guard cuts.indices.contains(result.channel), result.start <= result.end else { return nil }
        guard let rest = ResultCut.rest(of: result, after: cuts[result.channel]) else { return nil }
        let words = rest.words.map { word in
            FinalLine.Word(
                word: word.word, punctuated: word.punctuated == word.word ? nil : word.punctuated,
                start: word.start.seconds(at: rate), end: word.end.seconds(at: rate),
                confidence: word.confidence,
                speaker: word.speaker)
        }
        return FinalLine(
            session: session.session, start: rest.start.seconds(at: rate), end: rest.end.seconds(at: rate),
            at: clock.wallTime(of: rest.start).rfc3339, channel: rest.channel, text: rest.text,
            confidence: rest.confidence, words: words, requestID: rest.requestID)
    }

    /// Both clocks were read.
    package mutating func sampled(_ sample: ClockSample) -> [TranscriptLine] {
        var newClock = clock
        let step = newClock.sampled(sample)
        // A gap noticed under the old time is written under it.
        let earlier = step == nil ? [] : releaseGaps()
        clock = newClock
        guard let step else { return [] }
        let line = ClockLine(
            session: session.session, start: clock.position(at: step.boot).seconds(at: rate),
            at: step.wall.rfc3339,
            was: step.was.rfc3339, offsetChangeMilliseconds: step.change.wholeNanoseconds / 1_000_000)
        return earlier + [.clock(line)]
    }

    /// The session ends, or the program does: the last lines.
    package mutating func closed(at boot: BootTime) -> [TranscriptLine] {
        let at = clock.sample.wallTime(of: boot)
        return releaseGaps() + [.ledger(LedgerLine(ledger, rate: rate, session: session.session, at: at))]
    }

    private mutating func releaseGaps() -> [TranscriptLine] {
        (drops.release() + absences.release()).map(line)
    }

    private func line(_ gap: Gap) -> TranscriptLine {
        .gap(
            GapLine(
                session: session.session, start: gap.start.seconds(at: rate), end: gap.end.seconds(at: rate),
                at: clock.wallTime(of: gap.start).rfc3339, cause: gap.cause.name))
    }
}
