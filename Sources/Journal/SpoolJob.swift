import Audio
import System
import Timeline

/// Work for the disk, as the log asks for it. Jobs are done in the order they were asked for.
package struct SpoolJob: Sendable {
    package let session: String
    /// Comes back in the answer; 1 and up.
    package let number: UInt64
    package let task: Task

    /// What is to be done.
    package enum Task: Sendable {
        /// What the session's segments will say of themselves. Comes before its first batch. Answered
        /// `.done`.
        case begin(identity: [UInt8], rate: SampleRate)
        /// Put the batch behind what ends at `after`, nil for an empty disk; a batch that follows one that
        /// failed fails for that. Answered `.stored` or `.failed`.
        case append(SpoolBatch, after: StreamPosition?, synchronise: Bool, now: BootTime)
        /// Read records from the one that holds the position on, about so many bytes. A stretch that cannot
        /// be read comes as a damaged gap; with `.failed` nothing could be read, and it may be worth trying
        /// again, at last with `skippingUnreadable`. Answered `.fetched` or `.failed`.
        case fetch(from: StreamPosition, bytes: Int, skippingUnreadable: Bool)
        /// Delete segments that lie before the position; with `closing` the one being written as well. Also
        /// applies the bounds. Answered `.done` or `.failed`.
        case trim(before: StreamPosition, closing: Bool, now: BootTime)
        /// Make everything from the record that holds the position on unreadable. Answered `.purged` or
        /// `.failed`.
        case purge(from: StreamPosition)
        /// Keep an opaque value; the newest one counts. Answered `.done` or `.failed`.
        case checkpoint([UInt8])
        /// Have the disk keep what is there. Answered `.done` or `.failed`.
        case synchronise
        /// Delete the session. Answered `.done` or `.failed`.
        case remove
    }
}

/// What became of a job, or what the spool did by itself.
package struct SpoolAnswer: Sendable {
    package let session: String
    /// The job's number; 0 for what the spool did by itself.
    package let job: UInt64
    package let outcome: Outcome

    /// How a job ended.
    package enum Outcome: Sendable {
        /// The batch lies on the disk, as far as was asked.
        case stored
        /// Empty if nothing lies there.
        case fetched(SpoolBatch)
        /// Everything from this position on is gone; it is where the record began.
        case purged(from: StreamPosition)
        case done
        /// Everything before the position was deleted, for the bounds.
        case dropped(before: StreamPosition)
        /// Nothing of the job counts.
        case failed(SystemError)
    }
}

/// Why audio is not kept, or not kept on the disk, and what a person can do about it.
package struct SpoolTrouble: Sendable, Equatable {
    /// What does not work.
    package enum Kind: Sendable, Equatable {
        case full
        case readOnly
        case denied
        case inputOutput
        /// The disk has not answered for longer than `PacketLog.stallTime`.
        case stalled
        case other
    }

    package let kind: Kind
    package let path: String
    package let since: BootTime
    /// What the system said.
    package let message: String

    init(_ error: SystemError, since: BootTime) {
        kind =
            if error.isFull {
                .full
            } else if error.isReadOnly {
                .readOnly
            } else if error.isDenied {
                .denied
            } else if error.isInputOutput {
                .inputOutput
            } else {
                .other
            }
        path = error.subject
        message = error.description
        self.since = since
    }

    init(stalledAt path: String, since: BootTime) {
        kind = .stalled
        self.path = path
        self.since = since
        message = "\(path): the disk does not answer"
    }

    /// What to do.
    package var remedy: String {
        switch kind {
        case .full: "free space on that disk, or lower journal.max_bytes"
        case .readOnly: "mount it writable; a card that turned read-only is worn out: replace it"
        case .denied: "let the user who runs earpostd write there (directory mode 0700, owner)"
        case .inputOutput: "the disk fails: look at the kernel's log, and replace it"
        case .stalled: "the disk hangs or is far too slow: look at the kernel's log, and replace it"
        case .other: "see whether journal.directory is a directory on a disk that works"
        }
    }
}
