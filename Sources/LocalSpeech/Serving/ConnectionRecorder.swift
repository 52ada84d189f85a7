import NIOCore
import NIOPosix

/// Writes what happened on one connection: `NAME.jsonl`, a line per message, and `NAME.wav`, the audio heard.
///
/// Writing happens on a thread of its own, in order; the event loop never waits for it. Runs on: one event
/// loop.
final class ConnectionRecorder {
    enum Side: String { case client, server }

    enum Message {
        case handshake(target: String, headers: [[String]])
        case text(String)
        case binary(size: Int)
        case ping
        case pong
        case close(code: Int?, reason: String)
        case fault(String)
        case transportClosed
    }

    /// One line of the log. Times are seconds since the upgrade.
    private struct Line: Encodable {
        var t: Double
        var from: String
        var type: String
        var size: Int?
        var text: String?
        var code: Int?
        var target: String?
        var headers: [[String]]?
    }

    /// Where recordings go, shared by all connections.
    struct Desk {
        let directory: String
        /// A pool of one thread, so that what is handed to it stays in order.
        let thread: NIOThreadPool
    }

    private let desk: Desk
    private let name: String
    private let log: RecordFile?
    private var wav: RecordFile?
    private var format: (sampleRate: Int, channels: Int) = (0, 0)
    private var wavBytes = 0

    init(name: String, desk: Desk) {
        self.desk = desk
        self.name = name
        log = RecordFile(creating: "\(desk.directory)/\(name).jsonl")
    }

    func message(_ side: Side, _ message: Message, at time: Duration) {
        var line = Line(t: time / .seconds(1), from: side.rawValue, type: "")
        switch message {
        case .handshake(let target, let headers):
            (line.type, line.target, line.headers) = ("handshake", target, headers)
        case .text(let text): (line.type, line.size, line.text) = ("text", text.utf8.count, text)
        case .binary(let size): (line.type, line.size) = ("binary", size)
        case .ping: line.type = "ping"
        case .pong: line.type = "pong"
        case .close(let code, let reason): (line.type, line.code, line.text) = ("close", code, reason)
        case .fault(let text): (line.type, line.text) = ("fault", text)
        case .transportClosed: line.type = "transport-closed"
        }
        append(Array((WireJSON.text(line) + "\n").utf8), to: log)
    }

    func transportClosed(at time: Duration) { message(.client, .transportClosed, at: time) }

    /// Appends audio, one array per channel.
    func audio(_ channels: [[Int16]], sampleRate: Int) {
        guard let first = channels.first, !first.isEmpty else { return }
        if wav == nil {
            wav = RecordFile(creating: "\(desk.directory)/\(name).wav")
            format = (sampleRate, channels.count)
            // The lengths are not known yet: until `finish` they say "as long as can be".
            let header = WAVFile.header(
                sampleRate: sampleRate, channels: channels.count, dataBytes: 0x7fff_ff00)
            append(header, to: wav)
        }
        let interleaved =
            channels.count == 1 ? first : first.indices.flatMap { frame in channels.map { $0[frame] } }
        let bytes = PCM.bytes(littleEndian: interleaved)
        wavBytes += bytes.count
        append(bytes, to: wav)
    }

    /// Completes and closes both files.
    func finish() {
        let header = WAVFile.header(
            sampleRate: format.sampleRate, channels: format.channels, dataBytes: wavBytes)
        let (log, wav) = (log, wav)
        desk.thread.submit { _ in
            log?.close()
            wav?.rewriteStart(header)
            wav?.close()
        }
    }

    private func append(_ bytes: [UInt8], to file: RecordFile?) {
        guard let file else { return }
        desk.thread.submit { _ in file.append(bytes) }
    }
}
