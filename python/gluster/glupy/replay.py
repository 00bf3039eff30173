# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Winds what was recorded through a module again, over a fresh folder, and says what
is different. glupy-drive does the winding (docs/drive.md)."""
import base64
import json
import os
import subprocess

DIFFERENCES = 20  # that are shown


def read(path):
    """(line number, object) of each operation and the text of all."""
    found = []
    with open(path, encoding='utf-8') as f:
        text = f.read()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith('#'):
            try:
                found.append((number, json.loads(line)))
            except ValueError as e:
                raise ValueError(f'{path}:{number}: not JSON: {e}') from None
    return found, text


def short(value):
    text = json.dumps(value)
    return text if len(text) <= 120 else text[:100] + f'... ({len(text)} characters)'


def compare(wanted, got, where=''):
    """Sentences about what wanted names and got has not."""
    if isinstance(wanted, dict) and isinstance(got, dict) and 'base64' not in wanted:
        for key, value in wanted.items():
            yield from compare(value, got.get(key), f'{where}.{key}' if where else key)
    elif (isinstance(wanted, list) and isinstance(got, list)
          and all(isinstance(e, dict) and 'name' in e for e in wanted + got)):
        yield from compare_names(wanted, got, where)
    elif not same(wanted, got):
        yield f'{where}: recorded {short(wanted)}, now {short(got)}'


def compare_names(wanted, got, where):
    """Entries of a folder: their order is the disk's."""
    names = [{json.dumps(e['name']): e for e in entries} for entries in (wanted, got)]
    for name in names[0].keys() - names[1].keys():
        yield f'{where}: {name} is missing'
    for name in names[1].keys() - names[0].keys():
        yield f'{where}: {name} is new'
    for name in names[0].keys() & names[1].keys():
        yield from compare(names[0][name], names[1][name], f'{where}[{name}]')


def raw(value):
    """The bytes that a string stands for; where it is one for C, without its end."""
    if isinstance(value, dict) and 'base64' in value:
        value = base64.b64decode(value['base64'])
    elif isinstance(value, str):
        value = value.encode()
    else:
        return None
    return value[:-1] if value.endswith(b'\0') else value


def same(wanted, got):
    """Large numbers may be strings, and strings base64."""
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, dict) or isinstance(got, dict):
        return raw(wanted) is not None and raw(wanted) == raw(got)
    if isinstance(wanted, (int, str)) and isinstance(got, (int, str)):
        return str(wanted) == str(got)
    return wanted == got


def differences(line, answer):
    if answer is None:
        yield 'no answer came'
        return
    for key in ('op_ret', 'op_errno'):
        if key in line and (key == 'op_ret' or line.get('op_ret', -1) < 0) \
                and not same(line[key], answer.get(key)):
            yield f'{key}: recorded {line[key]}, now {answer.get(key)}'
    if line.get('op_ret', 0) >= 0 and answer.get('op_ret', -1) >= 0:
        yield from compare(line.get('results', {}), answer.get('results') or {}, '')


def about(line):
    """An operation, to recognise it by."""
    args = line.get('args', {})
    shown = ', '.join(f'{k}={v.get("path", short(v)) if isinstance(v, dict) else short(v)}'
                      for k, v in args.items() if k != 'xdata')
    return f'{line["fop"]}({shown})'


def replay(program, script, graph, report, log=None):
    """Runs it; report(text) for each difference. The number of operations that differ."""
    lines, text = read(script)
    process = subprocess.Popen([program, '--timeout', '60', graph], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(text.encode())
    for line in err.decode('utf-8', 'replace').splitlines():
        if log:
            log(line)
    answers = {}
    for line in out.decode('utf-8', 'replace').splitlines():
        answer = json.loads(line)
        answers[answer['line']] = answer
    if not answers and process.returncode:
        raise OSError(f'{os.path.basename(program)} ended with status {process.returncode}; '
                      f'what it said is above')
    differ = 0
    for number, line in lines:
        if 'fop' not in line:
            continue
        found = list(differences(line, answers.get(number)))
        if found:
            differ += 1
            if differ <= DIFFERENCES:
                report(f'{script}:{number}: {about(line)}\n' + '\n'.join(f'    {d}' for d in found))
    if differ > DIFFERENCES:
        report(f'... and {differ - DIFFERENCES} more')
    return differ, sum('fop' in line for _, line in lines)
