import SpeechProtocol
import Testing

@Suite struct RefusalTests {
    @Test func headersAreReadInAnyCase() {
        let refusal = Refusal(
            status: 401,
            headers: [("DG-Error", "Invalid credentials."), ("dg-request-id", "r-1"), ("Date", "x")],
            body: Array(#"{"err_code":"INVALID_AUTH","err_msg":"Other words","request_id":"r-2"}"#.utf8))
        #expect(refusal.message == "Invalid credentials.")
        #expect(refusal.code == "INVALID_AUTH")
        #expect(refusal.requestID == "r-1")
        #expect(refusal.classification == .unauthorized)
        #expect(
            refusal.sentence == "the service refused the connection with status 401: Invalid credentials. "
                + "(INVALID_AUTH) [request r-1]; check the key in `auth.key_file`, and that `auth.scheme` fits it "
                + "(a key: `token`, a JWT: `bearer`)")
    }

    @Test func allShapesOfBodyAreRead() {
        let legacy = Refusal(
            status: 400,
            body: Array(#"{"err_code":"Bad Request","err_msg":"No such model","request_id":"r"}"#.utf8))
        #expect(legacy.code == "Bad Request" && legacy.message == "No such model" && legacy.requestID == "r")
        let modern = Refusal(
            status: 400,
            body: Array(
                #"{"category":"INVALID_QUERY_PARAMETER","message":"Bad.","details":"Field `x`.","request_id":"r"}"#
                    .utf8))
        #expect(modern.code == "INVALID_QUERY_PARAMETER" && modern.message == "Bad. Field `x`.")
        let odd = Refusal(status: 503, body: Array(#"{"error_code":"Service Unavailable"}"#.utf8))
        #expect(odd.code == "Service Unavailable" && odd.message == nil)
        let plain = Refusal(status: 502, body: Array("upstream\r\n  is away".utf8))
        #expect(plain.message == "upstream is away" && plain.code == nil)
        #expect(Refusal(status: 502, body: Array("<html><body>Bad</body></html>".utf8)).message == nil)
        #expect(Refusal(status: 502, body: [0xFF, 0xFE, 0x00]).requestID == nil)
        #expect(Refusal(status: 400, body: Array("[]".utf8)).code == nil)
    }

    @Test(arguments: [
        (400, Refusal.Classification.permanent), (401, .unauthorized), (402, .payment), (403, .permanent),
        (404, .permanent), (408, .transient), (414, .permanent), (429, .throttled(retryAfter: nil)),
        (499, .transient), (500, .transient), (503, .transient), (302, .permanent), (200, .permanent),
    ])
    func statusSaysWhetherWaitingHelps(status: Int, expected: Refusal.Classification) {
        #expect(Refusal(status: status).classification == expected)
    }

    @Test func retryAfterIsHonouredWithinReason() {
        func classification(_ status: Int, _ value: String) -> Refusal.Classification {
            Refusal(status: status, headers: [("Retry-After", value)]).classification
        }
        #expect(classification(429, "7") == .throttled(retryAfter: .seconds(7)))
        #expect(classification(503, " 3 ") == .throttled(retryAfter: .seconds(3)))
        #expect(classification(429, "999999999") == .throttled(retryAfter: .seconds(3_600)))
        #expect(classification(429, "9223372036854775807") == .throttled(retryAfter: .seconds(3_600)))
        #expect(classification(429, "-1") == .throttled(retryAfter: nil))
        #expect(classification(429, "Wed, 21 Oct 2015 07:28:00 GMT") == .throttled(retryAfter: nil))
    }

    @Test func longMessagesAreCutAndStayOneLine() {
        let refusal = Refusal(
            status: 400, headers: [("dg-error", String(repeating: "a\u{1B}[31m\n", count: 500))])
        #expect(refusal.message?.count == 400)
        #expect(refusal.message?.unicodeScalars.contains { $0.value < 0x20 } == false)
    }
}

@Suite struct CloseCauseTests {
    @Test(arguments: [
        (1000, "", CloseCause.normal), (1001, "", .goingAway), (1012, "restart", .goingAway),
        (1008, "DATA-0000", .undecodableAudio), (1008, "see https://dpgr.am/data0000", .undecodableAudio),
        (1008, "Data-0001 too fast", .service(code: "DATA-0001")), (1008, "go away", .policy),
        (1011, "NET-0000", .serviceSilent), (1011, "NET-0001", .clientSilent),
        (
            1011,
            "Deepgram did not receive audio data or a text message within the timeout window. "
                + "See https://dpgr.am/net0001", .clientSilent
        ),
        (
            1011,
            "Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000",
            .serviceSilent
        ),
        (1011, "net-0003", .service(code: "NET-0003")), (1011, "", .internalError),
        (1011, "NET-001", .internalError), (1011, "NET-00011", .internalError),
        (1003, "MESSAGE-0000", .service(code: "MESSAGE-0000")),
        (1009, "BIG-0001", .service(code: "BIG-0001")), (1002, "", .protocolViolation(code: 1002)),
        (1005, "", .noStatus), (1006, "", .dropped), (4400, "", .other(code: 4400)),
    ])
    func codeAndReasonAreRead(code: UInt16, reason: String, expected: CloseCause) {
        #expect(CloseCause(code: code, reason: reason) == expected)
    }

    @Test func aCloseWithoutCodeHasNoStatus() {
        #expect(CloseCause(code: nil, reason: "") == .noStatus)
    }
}
