// Between any two formats a sample is a `Double` of full scale ±1. It holds every stored format exactly, and
// the sum of eight integer channels too, so that sound is rounded once: to the nearest value of the target,
// ties to even. Such rounding adds no offset; and what is converted to a wider format and back comes out
// unchanged.
//
//     s16 −32 768 ↔ −1    s16 32 767 ↔ 0.99997    float32 2.5 → 1    float32 not a number → 0

extension Int16 {
    /// The nearest sample to `value` of full scale ±1; what lies beyond is clipped. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    init(fullScale value: Double) {
        self = Int16((value * 32_768).clipped(to: -32_768, 32_767).roundedToEven)
    }

    /// −1 to 32 767 / 32 768. RT-safe.
    var fullScale: Double {
        @_noAllocation @_noLocks @inline(__always) get { Double(self) / 32_768 }
    }
}

extension Int32 {
    /// The nearest sample to `value` of full scale ±1 among those of `bits`, 24 or 32; clipped. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    init(fullScale value: Double, bits: Int) {
        let limit = Double(Int64(1) << Int64(bits - 1))
        self = Int32((value * limit).clipped(to: -limit, limit - 1).roundedToEven)
    }
}

extension Float {
    /// The nearest sample to `value`; what lies beyond ±1 is clipped. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    init(fullScale value: Double) { self = Float(value.clipped(to: -1, 1)) }

    /// −1 to 1: clipped to it, and 0 if not a number. RT-safe.
    var fullScale: Double {
        @_noAllocation @_noLocks @inline(__always) get { isNaN ? 0 : Double(self).clipped(to: -1, 1) }
    }
}

extension Double {
    /// The nearest value from `least` to `greatest`. RT-safe.
    @_noAllocation @_noLocks @inline(__always)
    fileprivate func clipped(to least: Double, _ greatest: Double) -> Double {
        self < least ? least : self > greatest ? greatest : self
    }

    /// The nearest whole number, of two equally near the even one, for magnitudes up to 2^51.
    ///
    /// The sum lies where a `Double` has no bits for a fraction, so that the processor rounds, and rounds so.
    /// RT-safe.
    fileprivate var roundedToEven: Double {
        @_noAllocation @_noLocks @inline(__always) get { (self + 0x1.8p52) - 0x1.8p52 }
    }
}
