# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""recording.py PID: does the first brick of that process record everything now, by its status? true or false."""
import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as status:
    status.connect('/run/volext/gnotify/' + sys.argv[1])
    text = b''.join(iter(lambda: status.recv(65536), b''))
print('true' if json.loads(text)['instances'][0]['recording'] else 'false')
