"""What the Redis of a contender has done so far."""

from __future__ import annotations


class RedisUsage:
    """The counters of the Redis at `url`."""

    def __init__(self, url: str) -> None:
        import redis

        self.client = redis.Redis.from_url(url)

    def commands(self) -> dict[str, tuple[int, float]]:
        """Return the calls of each command, and the seconds that they took; without those of this method."""
        found = {name.removeprefix("cmdstat_"): each for name, each in self.client.info("commandstats").items()}
        return {name: (each["calls"], each["usec"] / 1e6) for name, each in found.items() if name != "info"}

    def calls(self) -> int:
        return sum(calls for calls, _ in self.commands().values())

    def processor(self) -> float:
        """Return the seconds of the processor that it has used."""
        info = self.client.info("cpu")
        return float(info["used_cpu_user"] + info["used_cpu_sys"])
