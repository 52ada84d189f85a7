import Audio
import Crossing
import Glibc
import System
import Timeline

/// A ring's file in a directory of its own, in memory, and hands that damage it.
final class RingFileRig {
    let directory: String
    var path: String { directory + "/journal.ring" }

    init() throws {
        var template = Array("/dev/shm/earpost-ring-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", code: errno) }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in (try? Files.names(in: directory)) ?? [] { unlink(directory + "/" + name) }
        rmdir(directory)
    }

    var bytes: [UInt8] {
        get throws { try Files.read(path) }
    }

    func write(_ bytes: [UInt8], at offset: Int = 0) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        _ = pwrite(descriptor, bytes, bytes.count, off_t(offset))
    }

    func flip(bit: Int, of offset: Int, in original: [UInt8]) {
        write([original[offset] ^ UInt8(1 << bit)], at: offset)
    }

    func cut(to bytes: Int) { truncate(path, off_t(bytes)) }

    /// The mode, as `chmod` takes it.
    var mode: UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }
}

/// Records that can be told from one another.
enum Numbered {
    static func entry(_ number: Int) -> StreamEntry {
        StreamEntry(
            kind: number % 5 == 4 ? .gap : .packet,
            cause: GapCause.allCases[number % GapCause.allCases.count],
            position: StreamPosition(frames: Int64(number) * 320), frames: FrameCount(320),
            capturedAt: BootTime(nanoseconds: Int64(number) * 20_000_000))
    }

    static func payload(_ number: Int) -> [UInt8] {
        (0..<number * 37 % 101).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
    }

    static func append(_ number: Int, to producer: inout RecordProducer) -> Bool {
        producer.append(entry(number), payload: payload(number).span.bytes)
    }

    /// The numbers of all records there are; nil in place of one that is not as it was appended.
    static func all(in consumer: inout RecordConsumer) -> [Int?] {
        var cursor = consumer.oldest
        var found: [Int?] = []
        while let entry = consumer.entry(at: cursor) {
            let number = Int(entry.position.frames / 320)
            let bytes = consumer.withPayload(at: cursor) { span in span.withUnsafeBytes { Array($0) } }
            found.append(entry == Numbered.entry(number) && bytes == payload(number) ? number : nil)
            cursor = consumer.next(after: cursor)
        }
        return found
    }
}
