/// A time of the proleptic Gregorian calendar, without a zone.
public struct CivilTime: Hashable, Sendable {
  public var year: Int
  /// 1 to 12.
  public var month: Int
  /// 1 to 31.
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int

  /// Days to a date as in Howard Hinnant's "chrono-compatible low-level date algorithms".
  public init(unixSeconds: Int64) {
    let days = Self.floorDivide(unixSeconds, 86_400)
    let ofDay = Int(unixSeconds - days * 86_400)
    hour = ofDay / 3600
    minute = ofDay / 60 % 60
    second = ofDay % 60
    let shifted = days + 719_468
    let era = Self.floorDivide(shifted, 146_097)
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
  }

  /// Of Unix milliseconds, in UTC.
  public init(unixMs: Int64) {
    self.init(unixSeconds: Self.floorDivide(unixMs, 1000))
  }

  /// `03:12:05`.
  public var clock: String { "\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))" }

  /// Division that rounds down, also below zero.
  static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
    let quotient = value / by
    return value % by < 0 ? quotient - 1 : quotient
  }

  /// At least two digits.
  public static func two(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
