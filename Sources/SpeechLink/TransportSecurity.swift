import NIOCore
import NIOSSL

/// Whom a link trusts: the system's certificate authorities, and those of one more file. Certificates and
/// host names are always checked. Made once and shared, because reading the authorities takes time and
/// memory.
package struct TransportSecurity: Sendable {
    let context: NIOSSLContext

    /// `authoritiesFile`: PEM certificates trusted besides the system's.
    package init(authoritiesFile: String? = nil) throws(LinkError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // What follows a close is not waited for long; a frozen peer would hold it.
        configuration.shutdownTimeout = .seconds(1)
        if let authoritiesFile { configuration.additionalTrustRoots = [.file(authoritiesFile)] }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .authoritiesUnreadable(path: authoritiesFile ?? "the system's list of authorities")
        }
    }
}
