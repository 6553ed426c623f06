"""What people run in their notebooks once they have signed in."""

READ = "client['staff/flat_field'].read()"
#: Reads until it is told that it is enough; a person's cell does so for hours.
LONG = f"""
import pathlib, time
enough, last = pathlib.Path("enough"), None
print("begun", flush=True)
while not enough.exists():
    last = {READ}
    time.sleep(0.1)
enough.unlink()
print("ended with", last.shape)
"""
