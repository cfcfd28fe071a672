import Codec
import CoordinatorCore
import Decision
import Settings
import Store
import Wire

/// Whether the journal can be written is known before it is needed (FAULTS 31, 74): it is tried
/// while nothing happens, and more often while it fails, so that all goes on when space returns.
extension Coordinator {
  func proveJournal(_ now: Now) {
    let pause: Duration = storeTrouble == nil ? .seconds(30) : .seconds(2)
    let due = journalTriedAt.map {
      now.instant - $0 >= max(deployment.tick, pause / deployment.settings.rehearsalSpeed)
    }
    guard due != false, !ending, let name = rooms.keys.min(), let room = rooms[name] else { return }
    journalTriedAt = now.instant
    do {
      let memory = try JSON.encode(room.core.stored)
      _ = try store.commit(Commit(service: name, epoch: room.core.stored.epoch, memory: memory))
      storeTrouble = nil
    } catch let error as StoreError {
      note(storeError: error)
    } catch {
      note(encoding: error, of: name)
    }
  }
}
