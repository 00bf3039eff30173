# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Tests of gluster.gnotify on a volume v1 with notification that is mounted at /mnt/v1; run by
gnotify-python.bats: gnotify_python.py [TEST]. ADDRESS in the environment is the node's."""
import os
import select
import signal
import subprocess
import sys
import threading
import time
import unittest

from gluster import gnotify
from gluster.gnotify import ALL_CHANGES, ALL_EVENTS, CAUGHT_UP, RECURSIVE, Gnotify

MOUNT = '/mnt/v1'
SECONDS = 60
ADDRESS = os.environ['ADDRESS']


def in_folder(test):
    """A folder of its own for a test, in the volume and on the mount."""
    name = '/' + '.'.join(test.id().split('.')[-2:])
    os.makedirs(MOUNT + name, exist_ok=True)
    return name, MOUNT + name


def touch(path):
    with open(path, 'w'):
        pass


class Reading(unittest.TestCase):
    def setUp(self):
        self.name, self.dir = in_folder(self)

    def seen(self, handle, last, field='name'):
        """(first word, field) of the events until `last`."""
        seen, end = [], time.monotonic() + SECONDS
        while time.monotonic() < end:
            for event in handle.read(1):
                if not event.is_caught_up:
                    seen.append((event.names[0], getattr(event, field)))
                if seen and seen[-1] == last:
                    return seen
        self.fail(f'{last} does not come, only {seen}')

    def test_what_is_done_comes_with_who_did_it(self):
        with Gnotify('v1') as handle:
            wd = handle.add_watch(self.name, ALL_CHANGES | RECURSIVE)
            events, end = [], time.monotonic() + SECONDS

            def read_until(name):
                while (not events or events[-1].names != [name]) and time.monotonic() < end:
                    events.extend(e for e in handle.read(1) if not e.mask & CAUGHT_UP)
            os.mkdir(self.dir + '/d')
            with open(self.dir + '/d/f', 'w') as f:
                f.write('12345')
            read_until('CLOSE_WRITE')  # the kernel sends it when close() has returned
            os.rename(self.dir + '/d/f', self.dir + '/d/g')
            read_until('MOVED_TO')
        self.assertEqual([(e.names, e.name) for e in events],
                         [(['CREATE', 'ISDIR'], 'd'), (['CREATE'], 'd/f'), (['MODIFY'], 'd/f'),
                          (['CLOSE_WRITE'], 'd/f'), (['MOVED_FROM'], 'd/f'), (['MOVED_TO'], 'd/g')])
        made, written, moved = events[1], events[2], events[-2:]
        self.assertEqual((made.path, made.path_bytes), (self.name + '/d/f', os.fsencode(self.name + '/d/f')))
        self.assertEqual((made.pid, made.uid, made.gid, made.wd), (os.getpid(), 0, 0, wd))
        self.assertTrue(made.client and made.gfid and made.parent and made.gfid == written.gfid)
        self.assertEqual((written.offset, written.length, made.offset), (0, 5, None))
        self.assertTrue(events[0].is_dir and not made.is_dir)
        self.assertTrue(moved[0].cookie and moved[0].cookie == moved[1].cookie)
        self.assertLess(abs(made.time / 1e9 - time.time()), 600)
        self.assertIn('CREATE', repr(made))

    def test_names_are_any_bytes(self):
        with Gnotify('v1') as handle:
            handle.add_watch(os.fsencode(self.name))
            touch(os.fsencode(self.dir) + b'/\xff\n x')
            self.seen(handle, ('CREATE', '\udcff\n x'))
            touch(self.dir + '/last')
            self.seen(handle, ('CREATE', b'last'), 'name_bytes')

    def test_a_cursor_goes_on_behind_what_was_acknowledged(self):
        with Gnotify('v1', cursor='c1', from_='now') as handle:
            handle.add_watch(self.name)
            os.mkdir(self.dir + '/a')
            os.mkdir(self.dir + '/b')
            for event in handle:
                if event.name == 'a':
                    handle.ack(event)
                    break
        os.mkdir(self.dir + '/c')
        with Gnotify('v1', cursor='c1') as handle:
            handle.add_watch(self.name)
            self.assertEqual(self.seen(handle, ('CREATE', 'c')), [('CREATE', 'b'), ('CREATE', 'c')])
            handle.forget()

    def test_a_watch_is_removed(self):
        with Gnotify('v1') as handle:
            wd = handle.add_watch(self.name)
            handle.rm_watch(wd)
            self.seen(handle, ('IGNORED', None))
            with self.assertRaises(gnotify.GnotifyError):
                handle.rm_watch(wd)

    def test_errors_are_oserrors_with_sentences(self):
        with self.assertRaises(FileNotFoundError) as caught:
            Gnotify('nothere')
        self.assertIsInstance(caught.exception, gnotify.VolumeNotFound)
        self.assertIn('there is no volume nothere', str(caught.exception))
        with Gnotify('v1') as handle:
            with self.assertRaises(FileNotFoundError):
                handle.add_watch('/nothere')
            with self.assertRaises(gnotify.GnotifyError):
                handle.ack(1)
            for wrong in ((-1,), ('x',)):
                with self.assertRaises((ValueError, TypeError)):
                    handle.read(*wrong)
        for call in (lambda: handle.read(0), lambda: handle.add_watch('/'), handle.fileno):
            with self.assertRaisesRegex(ValueError, 'closed'):
                call()
        with self.assertRaisesRegex(ValueError, 'from_'):
            Gnotify('v1', from_='tomorrow')
        with self.assertRaises(TypeError):
            Gnotify('v1', None)
        self.assertEqual(gnotify.parse_events('create,Moved_To'), gnotify.CREATE | gnotify.MOVED_TO)
        with self.assertRaises(ValueError):
            gnotify.parse_events('creat')

    def test_waiting_ends_by_a_descriptor_wake_close_and_ctrl_c(self):
        handle = Gnotify('v1')
        handle.add_watch(self.name, ALL_EVENTS)
        while not any(e.is_caught_up for e in handle.read()):
            pass
        self.assertEqual(handle.read(0.01), [])
        threading.Timer(0.1, touch, [self.dir + '/f']).start()
        self.assertTrue(select.select([handle], [], [], SECONDS)[0])
        while handle.read(0):
            pass
        threading.Timer(0.1, handle.wake).start()
        for event in handle:  # some of the file's may come before
            pass
        threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start()
        with self.assertRaises(KeyboardInterrupt):
            while True:  # some may still come before
                handle.read()
        threading.Timer(0.1, handle.close).start()
        self.assertEqual(list(handle), [])
        self.assertTrue(handle.closed)
        handle.close()

    def test_threads_share_a_handle(self):
        count, seen, lock = 500, [], threading.Lock()
        with Gnotify('v1') as handle:
            handle.add_watch(self.name, gnotify.CREATE)

            def read():
                for event in handle:
                    if event.mask & gnotify.CREATE:
                        with lock:
                            seen.append(event.name)
                            if len(seen) == count:
                                handle.close()
            threads = [threading.Thread(target=read, daemon=True) for _ in range(4)]
            for thread in threads:
                thread.start()
            for i in range(count):
                os.mkdir(f'{self.dir}/{i}')
            for thread in threads:
                thread.join(SECONDS)
        self.assertEqual(sorted(map(int, seen)), list(range(count)))


class Changing(unittest.TestCase):
    """The volume's bricks change while it is read."""

    def work(self, name):
        made, done = [], threading.Event()

        def create():
            while not done.is_set():
                made.append(f'{len(made)}')
                touch(f'{name}/{made[-1]}')
        thread = threading.Thread(target=create)
        thread.start()
        try:
            bricks = f'{ADDRESS}:/srv/c {ADDRESS}:/srv/d'
            for command in (f'add-brick v1 replica 2 {bricks} force',
                            f'replace-brick v1 {ADDRESS}:/srv/d {ADDRESS}:/srv/e commit force'):
                subprocess.run(f'/usr/sbin/gluster --mode=script volume {command}', shell=True, check=True)
                before = len(made)
                while len(made) < before + 100:
                    time.sleep(0.1)
        finally:
            done.set()
            thread.join()
        os.mkdir(name + '/last')
        return made

    def test_everything_is_told_once(self):
        name, folder = in_folder(self)
        seen = []
        with Gnotify('v1') as handle:
            handle.add_watch(name, gnotify.CREATE)

            def read():
                for event in handle:
                    if event.name == 'last':
                        break
                    if event.mask & gnotify.CREATE and not event.is_synthetic:
                        seen.append(event.name)
            thread = threading.Thread(target=read)
            thread.start()
            made = self.work(folder)
            thread.join(SECONDS)
            self.assertFalse(thread.is_alive())
        self.assertEqual(sorted(seen), sorted(made))


class Observing(unittest.TestCase):
    def setUp(self):
        from gluster.gnotify import handlers, observer
        self.handlers, self.module = handlers, observer
        self.name, self.dir = in_folder(self)
        self.told, self.condition = [], threading.Condition()
        self.observer = None

    def tearDown(self):
        if self.observer:
            self.observer.stop()
            self.observer.join(SECONDS)
            self.assertFalse(self.observer.is_alive())

    def handler(self):
        def note(event):
            with self.condition:
                self.told.append((type(event).__name__, event.src_path, event.dest_path if
                                  event.event_type == 'moved' else None))
                self.condition.notify_all()
        made = self.handlers.FileSystemEventHandler()
        made.on_any_event = note
        return made

    def start(self, volume, path, **options):
        self.observer = self.module.Observer(volume)
        watch = self.observer.schedule(self.handler(), path, **options)
        self.observer.start()
        return watch

    def wait_for(self, *event):
        with self.condition:
            ok = self.condition.wait_for(lambda: event in self.told, SECONDS)
        self.assertTrue(ok, f'{event} does not come, only {self.told}')

    def work(self, at):
        os.mkdir(self.dir + '/d')
        with open(self.dir + '/d/f', 'w') as f:
            f.write('x')
        self.wait_for('FileClosedEvent', at + '/d/f', None)
        os.rename(self.dir + '/d/f', self.dir + '/d/g')
        os.rename(self.dir + '/d', self.dir + '/e')
        os.unlink(self.dir + '/e/g')
        self.wait_for('DirCreatedEvent', at + '/d', None)
        self.wait_for('FileCreatedEvent', at + '/d/f', None)
        self.wait_for('FileModifiedEvent', at + '/d/f', None)
        self.wait_for('FileMovedEvent', at + '/d/f', at + '/d/g')
        self.wait_for('DirMovedEvent', at + '/d', at + '/e')
        self.wait_for('DirModifiedEvent', at + '/e', None)
        self.wait_for('FileDeletedEvent', at + '/e/g', None)

    def test_paths_on_a_mount(self):
        self.start(None, self.dir, recursive=True)
        self.work(self.dir)

    def test_paths_in_a_volume(self):
        self.start('v1', self.name, recursive=True)
        self.work(self.name)

    def test_a_watch_that_is_not_recursive_and_one_with_a_filter(self):
        os.mkdir(self.dir + '/d')
        self.start('v1', self.name, event_filter=[self.handlers.FileCreatedEvent, self.handlers.FileMovedEvent])
        touch(self.dir + '/d/below')
        os.mkdir(self.dir + '/folder')
        touch(self.dir + '/f')
        os.rename(self.dir + '/f', self.dir + '/d/f')  # away
        touch(self.dir + '/last')
        self.wait_for('FileCreatedEvent', self.name + '/last', None)
        self.assertEqual([t[:2] for t in self.told],
                         [('FileCreatedEvent', self.name + '/f'), ('FileCreatedEvent', self.name + '/last')])

    def test_a_watch_that_is_not_wanted_any_more(self):
        os.mkdir(self.dir + '/d')
        watch = self.start('v1', self.name)
        self.observer.schedule(self.handler(), self.name + '/d')
        touch(self.dir + '/f')
        self.wait_for('FileCreatedEvent', self.name + '/f', None)
        self.observer.unschedule(watch)
        touch(self.dir + '/g')
        touch(self.dir + '/d/last')
        self.wait_for('FileCreatedEvent', self.name + '/d/last', None)
        self.assertNotIn(('FileCreatedEvent', self.name + '/g', None), self.told)

    def test_a_handler_that_fails_is_logged_and_the_others_go_on(self):
        bad = self.handlers.FileSystemEventHandler()
        bad.on_any_event = lambda event: 1 / 0
        self.start('v1', self.name)
        self.observer.schedule(bad, self.name)
        with self.assertLogs('gluster.gnotify', 'ERROR'):
            touch(self.dir + '/f')
            self.wait_for('FileClosedEvent', self.name + '/f', None)

    def test_a_volume_that_is_not_there(self):
        with self.assertRaises(FileNotFoundError):
            self.module.Observer('nothere').schedule(self.handler(), '/')


class WithoutWatchdog(Observing):
    """The same where it is not installed."""

    def setUp(self):
        for name in [n for n in sys.modules if n.startswith(('watchdog', 'gluster.gnotify.'))]:
            if not name.endswith(('_native', 'errors')):
                del sys.modules[name]
        sys.modules['watchdog'] = None
        super().setUp()
        self.assertEqual(self.handlers.FileCreatedEvent.__module__, 'gluster.gnotify.handlers')

    def tearDown(self):
        super().tearDown()
        for name in ('watchdog', 'gluster.gnotify.handlers', 'gluster.gnotify.observer'):
            sys.modules.pop(name, None)


class Watchdog(Observing):
    """What is watchdog's is used."""

    def test_events_are_watchdogs(self):
        from watchdog.events import FileCreatedEvent, PatternMatchingEventHandler
        seen = []
        handler = PatternMatchingEventHandler(patterns=['*.csv'])
        handler.on_created = seen.append
        self.start(None, self.dir)
        self.observer.schedule(handler, self.dir)
        touch(self.dir + '/a.txt')
        touch(self.dir + '/b.csv')
        touch(self.dir + '/last')
        self.wait_for('FileClosedEvent', self.dir + '/last', None)
        self.assertEqual([e.src_path for e in seen], [self.dir + '/b.csv'])
        self.assertIsInstance(seen[0], FileCreatedEvent)
        self.assertEqual(seen[0].native.pid, os.getpid())


if __name__ == '__main__':
    unittest.main()
