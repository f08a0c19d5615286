"""Items that a shop has in its catalog before the workers come, and catalog-publish --adopt upon them."""

import concurrent.futures
import csv
import http.client
import json
import os
import subprocess
import urllib.parse

import paths
import world as worlds

CREATORS = 4


def create_items(world, products, catalog=worlds.CATALOG, token=worlds.TOKEN):
    """Puts each product's item into the simulated catalog; returns their ids in order. All through the API, as a shop did."""
    host = urllib.parse.urlsplit(world.sim.url).netloc

    def create(part):
        connection = http.client.HTTPConnection(host, timeout=30)
        ids = []
        for data in part:
            body = {"retailer_id": data["sku"], "name": "old " + data["name"], "price": 100, "currency": data["currency"],
                    "image_url": data["image_link"], "description": "old"}
            connection.request("POST", "/v25.0/%s/products" % catalog, json.dumps(body), {
                "Authorization": "Bearer " + token, "Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            ids.append(answer["id"])
        connection.close()
        return ids

    size = (len(products) + CREATORS - 1) // CREATORS or 1
    with concurrent.futures.ThreadPoolExecutor(CREATORS) as pool:
        parts = pool.map(create, [products[i:i + size] for i in range(0, len(products), size)])
        return [item_id for part in parts for item_id in part]


def write_csv(path, rows):
    """rows: dicts with the same keys, the columns."""
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(world, *arguments, **settings):
    """catalog-publish with the world's own configuration."""
    path = os.path.join(world.home, "publish.properties")
    import workerctl
    with open(path, "w") as out:
        for key, value in sorted(dict(workerctl.FAST, **world.settings(**settings)).items()):
            out.write("%s=%s\n" % (key, value))
    return [paths.program("catalog-publish"), "--config", path, *[str(a) for a in arguments]]


def run(world, *arguments, timeout_s=120, **settings):
    """(exit code, the JSON it printed, stderr)"""
    done = subprocess.run(command(world, *arguments, "--json", **settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout_s)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


def adopted(world):
    """The results that tell of adopted products, by product id."""
    return {str(r.data["product_id"]): r.data for r in world.reader("results").read_to_end()
            if r.data.get("reason") == "adopted"}
