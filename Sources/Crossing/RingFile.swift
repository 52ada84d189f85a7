import CSys
import Glibc

/// What the first bytes of a ring's file say. The file, in the machine's own byte order:
///
///          0  this header
///        256  the counts (`RingCounts`)
///      4 096  the identity
///      8 192  two checkpoints (`RingCheckpoints`)
///     65 536  the bytes of the ring (`RecordHeader`), `mappedBytes` of them
struct RingFileHeader: BitwiseCopyable {
    /// "EARPRING".
    static let magic: UInt64 = 0x474E_4952_5052_4145
    static let version: UInt32 = 1
    static let bytes = 65_536
    static let countsOffset = 256
    static let identityOffset = 4_096
    static let identityBytesMax = 4_096
    private static let byteOrder: UInt32 = 0x0102_0304
    /// Of this structure.
    static let stride = 56

    var magic = Self.magic
    var version = Self.version
    var byteOrder = Self.byteOrder
    var headerBytes = UInt64(Self.bytes)
    let mappedBytes: UInt64
    let capacityBytes: UInt64
    var recordHeaderBytes = UInt32(RecordHeader.stride)
    let identityBytes: UInt32
    let identityChecksum: UInt32
    /// CRC-32C of all that is above.
    var checksum: UInt32 = 0

    init(mappedBytes: Int, capacityBytes: Int, identity: [UInt8]) {
        self.mappedBytes = UInt64(mappedBytes)
        self.capacityBytes = UInt64(capacityBytes)
        identityBytes = UInt32(identity.count)
        identityChecksum = Self.checksum(of: identity)
        checksum = computedChecksum
    }

    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var sum = CRC32C()
        unsafe sum.add(bytes.span.bytes)
        return sum.value
    }

    private var computedChecksum: UInt32 {
        var sum = CRC32C()
        for number in [
            magic, UInt64(version) << 32 | UInt64(byteOrder), headerBytes, mappedBytes, capacityBytes,
            UInt64(recordHeaderBytes) << 32 | UInt64(identityBytes), UInt64(identityChecksum),
        ] {
            sum.add(number)
        }
        return sum.value
    }

    /// Throws unless a file of `fileBytes` can be what this header says.
    func check(path: String, fileBytes: Int) throws(RingFileError) {
        guard magic == Self.magic else { throw .foreign(path: path) }
        guard version == Self.version else { throw .otherVersion(path: path, found: version) }
        guard checksum == computedChecksum, byteOrder == Self.byteOrder, headerBytes == UInt64(Self.bytes),
            recordHeaderBytes == UInt32(RecordHeader.stride), identityBytes <= Self.identityBytesMax,
            mappedBytes >= RingMemory.mappedBytesMin, mappedBytes <= RingMemory.mappedBytesMax,
            mappedBytes.nonzeroBitCount == 1, capacityBytes > 0, capacityBytes <= mappedBytes
        else { throw .torn(path: path, .header) }
        guard fileBytes == Self.bytes + Int(mappedBytes) else { throw .torn(path: path, .length) }
    }
}

/// A file that is open and locked (flock(2)) for as long as this value lives.
struct RingFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { csys_close(descriptor) }

    /// Opens the file at `path`, or with `isNew` makes it if it is not there, readable by its owner alone.
    ///
    /// Throws `inUse` where another program holds it, or has put another file in its place just now.
    static func open(_ path: String, isNew: Bool = false) throws(RingFileError) -> RingFile {
        // Nothing here waits for the other end of a pipe.
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (isNew ? O_CREAT : 0)
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            if errno == ENOENT && !isNew { throw .missing(path: path) }
            throw .refused(path: path, CrossingError(operation: "open", code: errno))
        }
        let file = RingFile(path: path, descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .inUse(path: path) }
            throw .refused(path: path, CrossingError(operation: "flock", code: errno))
        }
        var (ours, named) = (stat(), stat())
        guard unsafe fstat(descriptor, &ours) == 0, unsafe stat(path, &named) == 0,
            ours.st_ino == named.st_ino, ours.st_dev == named.st_dev
        else { throw .inUse(path: path) }
        guard ours.st_mode & S_IFMT == S_IFREG else { throw .foreign(path: path) }
        return file
    }

    /// Makes it `bytes` long, all zero, with all its space taken: a store to a page that cannot be had would
    /// end the program (SIGBUS).
    func reserve(_ bytes: Int) throws(RingFileError) {
        guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0 else {
            throw .refused(path: path, CrossingError(operation: "ftruncate", code: errno))
        }
        let code = posix_fallocate(descriptor, 0, bytes)
        guard code == 0 else {
            throw .refused(path: path, CrossingError(operation: "fallocate", code: code))
        }
    }

    /// Its header as it is in the file now; throws what speaks against using it.
    func header() throws(RingFileError) -> RingFileHeader {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .refused(path: path, CrossingError(operation: "fstat", code: errno))
        }
        var bytes = InlineArray<56, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        let count = unsafe span.withUnsafeMutableBytes { target in
            unsafe pread(descriptor, target.baseAddress, RingFileHeader.stride, 0)
        }
        guard count == RingFileHeader.stride else { throw .foreign(path: path) }
        let header = unsafe bytes.span.bytes.unsafeLoadUnaligned(as: RingFileHeader.self)
        try header.check(path: path, fileBytes: Int(status.st_size))
        return header
    }

    /// Maps the header, and behind it `mappedBytes` twice. The place of the header.
    func map(mappedBytes: Int) throws(RingFileError) -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        let result = unsafe csys_map_ring(descriptor, RingFileHeader.bytes, mappedBytes, &memory)
        guard result == 0, let memory = unsafe memory else {
            throw .refused(path: path, CrossingError(operation: "mmap", code: -result))
        }
        return unsafe memory
    }

    /// Gives the file at `temporary` the name `path`, instead of whatever has it now.
    static func rename(_ temporary: String, to path: String) throws(RingFileError) {
        if unsafe Glibc.rename(temporary, path) == 0 { return }
        let error = CrossingError(operation: "rename", code: errno)
        _ = unsafe unlink(temporary)
        throw .refused(path: path, error)
    }

    /// Takes its name away.
    func remove() { _ = unsafe unlink(path) }
}
