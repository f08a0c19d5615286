"""A plain HTTP client of the simulated catalog, speaking as the worker would."""

import http.client
import json
import urllib.parse

CATALOG, OTHER = "1000000000001", "1000000000002"
TOKEN, SECOND, SECRET = "EAAfirst-token", "EAAsecond-token", "shhh-the-secret"
ITEM = {"retailer_id": "SKU-1", "name": "Shoe", "price": 1999, "currency": "USD", "image_url": "https://shop.example/a.png"}


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, {k.lower(): v for k, v in headers}, raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def error(self):
        return self.json["error"]

    @property
    def code(self):
        return self.error["code"], self.error.get("error_subcode")


class Client:
    """One kept-alive connection, speaking as the worker would."""

    def __init__(self, url, token=TOKEN, version="v25.0", timeout_s=5):
        self.host = urllib.parse.urlsplit(url).netloc
        self.token, self.version, self.timeout_s = token, version, timeout_s
        self.connection = None

    def call(self, method, path, body=None, headers=None, version=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, timeout=self.timeout_s)
        head = {"Authorization": "Bearer " + self.token} if self.token else {}
        if isinstance(body, dict):
            body, head["Content-Type"] = json.dumps(body), "application/json"
        head.update(headers or {})
        prefix = self.version if version is None else version
        url = "/%s/%s" % (prefix, path) if prefix else "/" + path
        try:
            self.connection.request(method, url, body, head)
            response = self.connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        except Exception:
            self.connection.close()
            self.connection = None
            raise

    def create(self, body=None, version=None, catalog=CATALOG, **more):
        fields = dict(ITEM if body is None else body, **more)
        return self.call("POST", catalog + "/products", {k: v for k, v in fields.items() if v is not None}, version=version)

    def lookup(self, filter_=None, version=None, catalog=CATALOG, **more):
        query = dict(more)
        if filter_ is not None:
            query["filter"] = filter_ if isinstance(filter_, str) else json.dumps(filter_)
        return self.call("GET", catalog + "/products?" + urllib.parse.urlencode(query), version=version)

    def form(self, path, **fields):
        return self.call("POST", path, urllib.parse.urlencode(fields),
                         {"Content-Type": "application/x-www-form-urlencoded"})
