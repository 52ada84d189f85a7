import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import SpeechProtocol
import Timeline

extension LinkError {
    /// What `error`, met on the way to an open connection, means.
    init(_ error: any Error, url: ServiceURL, wall: WallTime) {
        let host = url.host
        switch error {
        case let error as LinkError: self = error
        case let error as NIOConnectionError: self.init(error, url: url)
        case let error as IOError: self.init(code: error.errnoCode, url: url)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self = .certificateForAnotherHost(host: host)
        case let error as NIOSSLError: self.init(error, host: host, wall: wall)
        case ChannelError.connectTimeout: self = .unreachable(host: host, port: url.port, code: ETIMEDOUT)
        default:
            // Parser errors and a transport that ends in the middle of the answer.
            self = .notAWebSocket(host: host)
        }
    }

    private init(_ error: NIOConnectionError, url: ServiceURL) {
        let codes = error.connectionErrors.map { failure in (failure.error as? IOError)?.errnoCode ?? 0 }
        if codes.isEmpty {
            self = .nameNotResolved(host: url.host)
        } else {
            self.init(code: codes.first { $0 == ECONNREFUSED } ?? codes.first { $0 != 0 } ?? 0, url: url)
        }
    }

    private init(code: CInt, url: ServiceURL) {
        self =
            code == ECONNREFUSED
            ? .connectionRefused(host: url.host, port: url.port)
            : .unreachable(host: url.host, port: url.port, code: code)
    }

    private init(_ error: NIOSSLError, host: String, wall: WallTime) {
        let today = Day(wall).description
        guard case .handshakeFailed(let cause) = error else {
            self = .tlsFailed(host: host, reason: "\(error)")
            return
        }
        let text = "\(cause)"
        if !text.contains("CERTIFICATE_VERIFY_FAILED") {
            let reason = text.contains("EOF during handshake") ? "the other side hung up" : text
            self = .tlsFailed(host: host, reason: reason)
        } else if wall < Day.programMade {
            self = .clockBehind(host: host, today: today)
        } else {
            self = .certificateNotTrusted(host: host, today: today)
        }
    }
}

/// A day of the Gregorian calendar, UTC.
struct Day: CustomStringConvertible {
    /// 2026-01-01: a clock that stands before it has not been set.
    static let programMade = WallTime(nanoseconds: 1_767_225_600 * 1_000_000_000)

    let description: String

    init(_ time: WallTime) {
        // Days since 0000-03-01, so that leap days end a year; eras of 400 years have 146 097 days.
        let seconds = time.nanoseconds / 1_000_000_000
        let days = (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        description = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }
}
