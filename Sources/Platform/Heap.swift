import CLinux

/// The memory that the C library hands out.
public enum Heap {
  /// Lets threads share two arenas; to be called before there are others. Unasked, glibc makes up
  /// to eight for each processor (mallopt(3), M_ARENA_MAX), and what one has freed no other uses.
  public static func shareArenas() { _ = mallopt(M_ARENA_MAX, 2) }
}
