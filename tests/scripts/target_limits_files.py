"""May write no file larger than 800 bytes from half a second on."""
import resource
import time

time.sleep(0.5)
resource.setrlimit(resource.RLIMIT_FSIZE, (800, 800))
while True:
    time.sleep(0.01)
