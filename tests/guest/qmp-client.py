"""Drives a machine by the QEMU project's own client (the package qemu.qmp), and prints what came of it: a list of JSON."""
import asyncio
import json
import sys

from qemu.qmp import EventListener, ExecuteError, QMPClient

said = []


async def main(path):
    client = QMPClient('wemu')
    events = EventListener()
    client.register_listener(events)
    await client.connect(path)

    async def run(command, **arguments):
        answer = await client.execute(command, {name.replace('_', '-'): value for name, value in arguments.items()})
        said.append([command, answer])

    async def heard(name, **data):
        async for event in events:
            given = event.get('data', {})
            if event['event'] == name and all(given.get(key) == value for key, value in data.items()):
                said.append([name, {key: given[key] for key in data}])
                return

    await run('query-status')
    await run('cont')
    await heard('RESUME')
    await run('stop')
    await heard('STOP')
    await run('query-status')
    await run('device_add', driver='virtserialport', id='p1', bus='vs.0', nr=5)
    await run('qom-get', path='/machine/peripheral/p1', property='nr')
    await run('device_del', id='p1')
    await heard('DEVICE_DELETED', device='p1')
    await run('snapshot-save', job_id='j', tag='t', vmstate='', devices=[])
    await heard('JOB_STATUS_CHANGE', id='j', status='concluded')
    jobs = await client.execute('query-jobs')
    said.append(['query-jobs', [[job['id'], job['status'], job.get('error')] for job in jobs]])
    await run('job-dismiss', id='j')
    await run('human-monitor-command', command_line='info status')
    try:
        await client.execute('nosuch')
    except ExecuteError as error:
        said.append([error.error_class, str(error)])
    await run('quit')
    await client.disconnect()


asyncio.run(main(sys.argv[1]))
print(json.dumps(said))
