import Glibc
import Testing

@testable import LocalSpeech

@Suite struct PositionsReaderTests {
    @Test func rampTellsItsFirstSampleAndAMissingOneIsNoticed() {
        let ramp = TestSignals.ramp(70_000..<76_400)
        let words = PositionsReader.words(ramp, sampleRate: 16_000)
        #expect(words.map(\.text) == ["r4464", "r7664"])
        #expect(words.map(\.start) == [0, 0.2])
        let broken = TestSignals.ramp(0..<1000) + TestSignals.ramp(1001..<3201)
        #expect(PositionsReader.words(broken, sampleRate: 16_000).map(\.text) == ["x"])
    }

    @Test func everyToneIsReadAtEveryRate() {
        for rate in [8_000, 16_000, 48_000] {
            let words = PositionsReader.words(
                TestSignals.tones(slots: 18, sampleRate: rate), sampleRate: rate)
            #expect(words.map(\.text) == (0..<18).map { "t" + String($0 % 16, radix: 16) })
        }
    }

    @Test func silenceAndShortRestsHaveTheirWords() {
        let silence = [Int16](repeating: 5, count: 3200 + 320 + 100)
        #expect(PositionsReader.words(silence, sampleRate: 16_000).map(\.text) == ["z", "z"])
        #expect(PositionsReader.words([1, 1, 1], sampleRate: 16_000).isEmpty)
    }
}

@Suite struct PocketSphinxOutputTests {
    @Test func continuousFormGivesWordsWithTimes() {
        let output = """
            hello well
            <s> 0.000 0.140 0.999900
            hello(2) 0.150 0.540 1.000200
            <sil> 0.550 0.600 0.900000
            [NOISE] 0.600 0.640 0.200000
            well 0.650 0.810 0.585340
            </s> 3.120 3.200 1.000000
            """
        #expect(
            PocketSphinxOutput.continuous(output) == [
                RecognisedWord(text: "hello", start: 0.15, end: 0.54, confidence: 1),
                RecognisedWord(text: "well", start: 0.65, end: 0.81, confidence: 0.58534),
            ])
    }

    @Test func singleFormGivesWordsWithTimes() {
        let output = """
            {"b":0.240,"d":6.780,"p":0.000,"t":"mr john","w":[{"b":0.240,"d":0.070,"p":1.000,"t":"<s>"},\
            {"b":0.310,"d":0.320,"p":0.997,"t":"mr"},{"b":0.630,"d":0.400,"p":0.897,"t":"john(3)"}]}
            """
        let words = PocketSphinxOutput.single(output)
        #expect(words.map(\.text) == ["mr", "john"])
        #expect(words.map(\.start) == [0.31, 0.63])
        #expect(PocketSphinxOutput.single("INFO: chatter\n").isEmpty)
    }

    @Test func textWithoutTimesIsSpreadEvenly() {
        let words = RecognisedWord.spread(" one two\nthree four\n", over: 2)
        #expect(words.map(\.text) == ["one", "two", "three", "four"])
        #expect(words.map(\.start) == [0, 0.5, 1, 1.5])
        #expect(RecognisedWord.spread("", over: 2).isEmpty)
    }
}

@Suite struct CommandTemplateTests {
    @Test func valuesStaySingleArgumentsWhateverTheyHold() throws {
        let template = try CommandTemplate("cmd -f '{wav}' \"two words\" --text={text} {other} ''")
        let arguments = template.arguments(["wav": "/tmp/a b.wav", "text": "$(rm -rf) {wav}"])
        #expect(
            arguments == [
                "cmd", "-f", "/tmp/a b.wav", "two words", "--text=$(rm -rf) {wav}", "{other}", "",
            ])
        #expect(template.mentions("wav"))
        #expect(!template.mentions("file"))
    }

    @Test func unusableTemplatesAreRefused() {
        #expect(throws: CommandTemplate.Failure.empty) { try CommandTemplate("  ") }
        #expect(throws: CommandTemplate.Failure.openQuote) { try CommandTemplate("cmd 'open") }
    }
}

@Suite struct ChildProcessTests {
    private let stop: (reading: CInt, writing: CInt)
    private let programs: ChildProcess

    init() throws {
        var ends: [CInt] = [-1, -1]
        let made = unsafe pipe(&ends)
        try #require(made == 0)
        stop = (ends[0], ends[1])
        programs = ChildProcess(stopDescriptor: ends[0])
    }

    @Test func outputIsReturnedWhole() throws {
        let output = try programs.run(["seq", "1", "50000"], within: .seconds(60))
        #expect(output.count == 288_894)
    }

    @Test func failureMissingProgramAndEndlessRunAreToldApart() {
        #expect(throws: ChildProcess.Failure.failed(program: "false", status: 1)) {
            try programs.run(["false"], within: .seconds(60))
        }
        #expect(throws: ChildProcess.Failure.notStarted(program: "no-such-program", code: ENOENT)) {
            try programs.run(["no-such-program"], within: .seconds(60))
        }
        #expect(throws: ChildProcess.Failure.overran(program: "sleep")) {
            try programs.run(["sleep", "3600"], within: .milliseconds(10))
        }
    }

    @Test func stoppingKillsWhatRuns() {
        _ = close(stop.writing)
        #expect(throws: ChildProcess.Failure.stopped) {
            try programs.run(["sleep", "3600"], within: .seconds(3600))
        }
    }

    @Test func childIgnoresNoSignalAndHasNoOtherDescriptors() throws {
        let held = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { _ = close(held) }
        let listing = try programs.run(
            ["sh", "-c", "ls /proc/self/fd/\(held) 2>&1 || true"], within: .seconds(60))
        #expect(String(decoding: listing, as: UTF8.self).contains("No such file"))
    }
}
