import ControlProtocol

/// A snapshot of the daemon for people: one line a part, its name, its state, and what else is worth knowing.
enum StatusText {
    static func describe(_ status: StatusSnapshot) -> String {
        var rows = [
            row("", status.version, ["session \(status.session)", "up \(duration(status.uptimeSeconds))"])
        ]
        rows += capture(status.capture)
        rows.append(uplink(status.uplink))
        rows.append(journal(status.journal))
        rows += trouble(status.journal.trouble) + trouble(status.journal.keeping)
        rows += link(status.link)
        if let speak = status.speak {
            rows.append(row("speak", speak.state, [speak.queue > 0 ? "\(speak.queue) waiting" : nil]))
            rows += trouble(speak.lastError)
        }
        if let playback = status.playback {
            let underruns = some(playback.underruns, "underrun")
            rows.append(
                row("playback", playback.state, [playback.device, playback.format.map(format), underruns]))
            rows += trouble(playback.trouble)
        }
        rows.append(ledger(status.ledger))
        rows.append(row("clock", status.clock.now, [some(status.clock.steps, "step")]))
        if !status.findings.isEmpty {
            rows.append(row("health", "ill", []))
            rows += status.findings.flatMap { trouble($0) }
        }
        return rows.joined(separator: "\n")
    }

    private static func capture(_ capture: CaptureStatus) -> [String] {
        let period = capture.periodFrames.map { "period \($0)" }
        let buffer = capture.bufferFrames.map { "buffer \($0)" }
        let xruns = capture.xruns.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        var rows = [
            row(
                "capture", capture.muted ? "\(capture.state), muted" : capture.state,
                [
                    capture.device, capture.format.map(format), period, buffer,
                    capture.realtime ? "real-time" : "not real-time",
                ])
        ]
        let level = capture.level.map { "peak \(decibels($0.peak)), rms \(decibels($0.rms)) dBFS" }
        let drift = capture.driftPartsPerMillion.map { "drift \($0) ppm" }
        let sound = capture.condition == "unknown" ? nil : "microphone \(capture.condition)"
        let lost = xruns.isEmpty ? nil : "lost time: " + xruns.joined(separator: ", ")
        let details = [level, sound, drift, lost]
        if details.contains(where: { $0 != nil }) { rows.append(row("", "", details)) }
        return rows + trouble(capture.trouble) + trouble(capture.advice)
    }

    private static func uplink(_ uplink: UplinkStatus) -> String {
        row(
            "uplink", uplink.encoding,
            [
                "\(uplink.rate) Hz", uplink.channels == 1 ? nil : "\(uplink.channels) channels",
                "at \(duration(uplink.positionSeconds))", "\(uplink.packets) packets",
            ])
    }

    private static func journal(_ journal: JournalStatus) -> String {
        let share = journal.capacityBytes > 0 ? 100 * journal.bytes / journal.capacityBytes : 0
        return row(
            "journal", "\(seconds(journal.pendingSeconds)) pending",
            [
                "\(journal.bytes) bytes, \(share) % full",
                journal.diskSeconds > 0 ? "\(duration(journal.diskSeconds)) on disk" : nil,
                some(journal.backlogSessions, "earlier session"),
            ])
    }

    private static func link(_ link: LinkStatus) -> [String] {
        let next = link.nextAttempt.map { "next attempt \(timeOfDay($0))" }
        let reconnects = some(link.reconnects, "reconnect")
        let quota = link.quota.map { "\(duration($0.usedSeconds)) of \(duration($0.limitSeconds)) today" }
        let details = ["since \(timeOfDay(link.since))", link.requestID, reconnects, next, quota]
        return [row("link", link.state, details)] + trouble(link.lastError)
    }

    private static func ledger(_ ledger: LedgerStatus) -> String {
        func time(_ frames: Int64) -> String { duration(Double(frames) / Double(max(1, ledger.rate))) }
        func causes(_ counts: [String: Int64], _ word: String) -> String? {
            guard !counts.isEmpty else { return nil }
            let parts = counts.sorted { $0.key < $1.key }.map { "\(time($0.value)) \($0.key)" }
            return "\(word) " + parts.joined(separator: ", ")
        }
        return row(
            "ledger", "\(time(ledger.captured)) captured",
            [
                "\(time(ledger.confirmed)) confirmed", "\(time(ledger.pending)) pending",
                causes(ledger.dropped, "dropped"), causes(ledger.absent, "absent"),
            ])
    }

    private static func trouble(_ trouble: TroubleStatus?) -> [String] {
        guard let trouble else { return [] }
        return [row("", "", ["\(timeOfDay(trouble.at))  \(trouble.message)"])]
            + (trouble.remedy.map { [row("", "", ["          \($0)"])] } ?? [])
    }

    private static func row(_ name: String, _ state: String, _ details: [String?]) -> String {
        let head = name.isEmpty && !state.isEmpty ? state : "\(pad(name, 9)) \(pad(state, 16))"
        let text = ([head] + details.compactMap { $0 }).joined(separator: "  ")
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    /// A count in words; nil for none.
    private static func some(_ count: Int, _ word: String) -> String? {
        count > 0 ? "\(count) \(word)\(count == 1 ? "" : "s")" : nil
    }

    static func format(_ format: FormatStatus) -> String {
        "\(format.rate) Hz, \(format.channels) ch, \(format.sample)"
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// The clock part of an RFC 3339 time, to the second.
    static func timeOfDay(_ time: String) -> String {
        guard let start = time.firstIndex(of: "T") else { return time }
        return String(time[time.index(after: start)...].prefix(8))
    }

    /// Whole seconds in words: `3 d 4 h`, `12 min 5 s`, `2.5 s`.
    static func duration(_ value: Double) -> String {
        guard value >= 60 else { return seconds(value) }
        let whole = Int(value)
        if whole >= 86_400 { return "\(whole / 86_400) d \(whole / 3_600 % 24) h" }
        if whole >= 3_600 { return "\(whole / 3_600) h \(whole / 60 % 60) min" }
        return "\(whole / 60) min \(whole % 60) s"
    }

    /// Seconds with at most two decimals.
    static func seconds(_ value: Double) -> String { "\(Double(Int(value * 100)) / 100) s" }

    static func decibels(_ value: Double) -> String { value <= ControlLimits.floorDBFS ? "−∞" : "\(value)" }
}
