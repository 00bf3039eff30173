#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What gluster.locality reads, by itself. tests/locality-python.bats runs this."""
import unittest

from gluster.locality import Location, Replica, by_node
from gluster.locality.errors import HostnameMapMalformed
from gluster.locality.graph import Graph, parse_pathinfo, parse_size
from gluster.locality.hosts import is_local, is_same, parse_hostname_map
from gluster.locality.mount import _unescaped


def volfile(sets, path='/b%d'):
    text, number, names = '', 0, []
    for kind, count, *options in sets:
        clients = []
        for _ in range(count):
            where = path % (number + 1) if '%' in path else path
            text += ('volume c%d\n type protocol/client\n option remote-host h%d\n'
                     ' option remote-subvolume %s\nend-volume\n' % (number, number + 1, where))
            clients.append('c%d' % number)
            number += 1
        if kind == 'client':
            names += clients
            continue
        name = 's%d' % len(names)
        names.append(name)
        text += 'volume %s\n type cluster/%s\n%s subvolumes %s\nend-volume\n' % (
            name, kind, ''.join(' option %s\n' % option for option in options), ' '.join(clients))
    return text + 'volume d\n type cluster/distribute\n subvolumes %s\nend-volume\n' % ' '.join(names)


class Graphs(unittest.TestCase):
    def test_sets_and_bricks(self):
        graph = Graph(volfile([('replicate', 3, 'arbiter-count 1'), ('disperse', 3, 'redundancy 1')]))
        self.assertEqual([(s.name, s.type) for s in graph.sets],
                         [('s0', 'replicated'), ('s1', 'dispersed')])
        self.assertEqual([b.arbiter for b in graph.sets[0].bricks], [False, False, True])
        self.assertEqual(graph.sets[1].bricks[0].name, 'h4:/b4')

    def test_a_thin_arbiter_is_no_brick(self):
        graph = Graph(volfile([('replicate', 3, 'thin-arbiter h:/ta')]))
        self.assertEqual(len(graph.sets[0].bricks), 2)

    def test_what_is_no_volume(self):
        for text in '', 'volume d\n type cluster/distribute\n subvolumes x\nend-volume\n', 'x\0y':
            self.assertRaises(ValueError, Graph, text)

    def test_sizes(self):
        for text, size in ('4MB', 4 << 20), ('64KB', 65536), ('4194304', 4 << 20), ('1.5G', 3 << 29), ('x', 0):
            self.assertEqual(parse_size(text), size)


class Pathinfos(unittest.TestCase):
    replicated = Graph(volfile([('replicate', 2), ('replicate', 2)]))

    def told(self, path, text, graph=None):
        return parse_pathinfo(graph or self.replicated, path, text)

    def test_any_name(self):
        for path in (b'/a b', b'/a\nb', b'/a)b', b'/a>b', b'/a))', b'/\xff', b'/a> <POSIX(/b2):h:/b2/a',
                     b'/a>))', b'/.glusterfs/aa/bb/x', b'/x> <POSIX(/b1):n:/b1/x> <POSIX(/b2):n:/b2/x'):
            text = (b'(<DISTRIBUTE:d> (<REPLICATE:s0> <POSIX(/b2):n2:/b2%s> <POSIX(/b1):n1:/b1%s>))\0'
                    % (path, path))
            told = self.told(path, text)
            self.assertEqual((told.set.name, told.clear), ('s0', True), path)
            self.assertEqual(told.entries, [('n2', '/b2'), ('n1', '/b1')])

    def test_by_handle(self):
        told = self.told(b'/a', b'(<REPLICATE:s1> <POSIX(/b3):n:/b3/.glusterfs/9f/05/'
                         b'9f051dc7-57fd-4cb5-a9c6-d8e7ea28a4e3>)')
        self.assertEqual(told.entries, [('n', '/b3')])

    def test_by_another_name_only_the_set_is_taken(self):
        told = self.told(b'/a', b'(<REPLICATE:s1> <POSIX(/b3):n:/b3/x> <POSIX(/b4):n:/b4/x>)')
        self.assertEqual((told.set.name, told.clear, told.entries), ('s1', False, []))

    def test_lone_bricks(self):
        graph = Graph(volfile([('client', 2)]))
        told = self.told(b'/a)', b'(<DISTRIBUTE:d> <POSIX(/b2):n:/b2/a)>)', graph)
        self.assertEqual([s.name for s in told.lone], ['c1'])
        same = Graph(volfile([('client', 2)], '/b'))
        self.assertEqual(len(self.told(b'/a', b'<POSIX(/b):n:/b/a>', same).lone), 2)

    def test_what_is_not_of_the_volume(self):
        for text in (b'', b'(', b'(<DISTRIBUTE:d> ', b'(<DISTRIBUTE:d> <POSIX(/b1):n:/b1/a>',
                     b'(<REPLICATE:x> <POSIX(/b1):n:/b1/a>)', b'<POSIX(/zz):n:/zz/a>'):
            self.assertRaises(ValueError, self.told, b'/a', text)


class Hosts(unittest.TestCase):
    def test_maps(self):
        self.assertEqual(parse_hostname_map('f', 'a b\n\n # c\n[x] [y]\na b\n'), {'a': 'b', 'x': 'y'})
        for text, line in ('a\n', 1), ('a b\n\na b c\n', 3), ('a b\na c', 2):
            with self.assertRaises(HostnameMapMalformed) as caught:
                parse_hostname_map('f', text)
            self.assertEqual((caught.exception.file, caught.exception.line), ('f', line))

    def test_this_machine(self):
        self.assertTrue(is_local('127.0.0.1'))
        self.assertFalse(is_local('192.0.2.1'))
        self.assertFalse(is_local('no.such.host.invalid'))

    def test_the_same_machine(self):
        self.assertTrue(is_same('node1', 'node1.example.org'))
        self.assertFalse(is_same('node1', 'node2'))
        self.assertFalse(is_same('10', '10.0.0.1'))

    def test_mountinfo(self):
        self.assertEqual(_unescaped(r'/a\040b\134040'), '/a b\\040')


class Nodes(unittest.TestCase):
    @staticmethod
    def place(name, *hosts):
        return Location(name, name, 'v', 'replicated', 's', tuple(
            Replica(h, h, h + ':/b', 'c', '/b' + name, False) for h in hosts))

    def test_each_file_once_and_evenly(self):
        places = [self.place('/%d' % i, 'a', 'b') for i in range(10)] + [self.place('/x', 'a')]
        nodes = by_node(places)
        self.assertEqual(sorted(map(len, nodes.values())), [5, 6])
        self.assertEqual(by_node([self.place('/n')]), {})

    def test_two_bricks_of_one_node_are_one_address(self):
        self.assertEqual(self.place('/x', 'a', 'a').urls, ['dfs://a/x'])


if __name__ == '__main__':
    unittest.main()
