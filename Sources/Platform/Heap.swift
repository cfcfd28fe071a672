import CLinux

/// The memory that the C library hands out.
public enum Heap {
  /// Lets threads share two arenas, and gives large blocks back as soon as they are freed; to be
  /// called before there are other threads. Unasked, glibc makes up to eight arenas for each
  /// processor (mallopt(3), M_ARENA_MAX), and what one has freed no other uses.
  public static func shareArenas() {
    _ = mallopt(M_ARENA_MAX, 2)
    // Unasked, glibc keeps ever larger blocks once one of that size was freed, and ever more at an
    // arena's end (M_MMAP_THRESHOLD): said once, neither grows any more.
    _ = mallopt(M_MMAP_THRESHOLD, largeBytes)
  }

  /// Blocks of so many bytes and more go back to the system as soon as they are freed.
  private static let largeBytes: Int32 = 262_144

  /// Gives back what is free now, and what lasts keeps it apart from. It may take some
  /// milliseconds.
  public static func giveBack() { _ = malloc_trim(0) }
}
