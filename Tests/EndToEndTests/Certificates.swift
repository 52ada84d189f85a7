/// A private authority and a certificate of it for `localhost`.
struct Certificates {
    /// For the speech service.
    let options: [String]

    static func authority(_ station: Station) -> String { station.path("authority.pem") }

    init(_ station: Station) throws {
        let openssl = try Programs.installed("openssl", package: "openssl")
        let (certificate, key) = (station.path("server.pem"), station.path("server.key"))
        let (request, extensions) = (station.path("server.csr"), station.path("server.ext"))
        try write("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: extensions)
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        let steps = [
            ["req", "-x509"] + newKey + [
                "-subj", "/CN=Test authority", "-days", "2", "-keyout", station.path("authority.key"),
                "-out", Self.authority(station),
            ],
            ["req"] + newKey + ["-subj", "/CN=localhost", "-keyout", key, "-out", request],
            [
                "x509", "-req", "-in", request, "-CA", Self.authority(station), "-CAkey",
                station.path("authority.key"), "-CAcreateserial", "-days", "2", "-extfile", extensions,
                "-out", certificate,
            ],
        ]
        for step in steps {
            let child = try station.run(openssl, step)
            guard try child.wait() == 0 else { throw Failure("openssl \(step[0]): \(child.errors)") }
        }
        options = ["--tls-certificate", certificate, "--tls-key", key]
    }
}
