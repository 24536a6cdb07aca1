"""What the import of a module asks an index for, and names that pass for better known ones."""

from collections.abc import Collection

from packaging.utils import canonicalize_name
from rapidfuzz.distance import DamerauLevenshtein

# Where the name to import is not the name to install; the first is taken unless another is added.
DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "attr": ("attrs",),
    "Crypto": ("pycryptodome",),
    "Cryptodome": ("pycryptodomex",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow", "pillow-simd"),
    "bs4": ("beautifulsoup4",),
    "cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
    "dateutil": ("python-dateutil",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "googleapiclient": ("google-api-python-client",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "ldap": ("python-ldap",),
    "magic": ("python-magic",),
    "markdown_it": ("markdown-it-py",),
    "mdit_py_plugins": ("mdit-py-plugins",),
    "mpl_toolkits": ("matplotlib",),
    "multipart": ("python-multipart",),
    "nacl": ("pynacl",),
    "OpenGL": ("pyopengl",),
    "paho": ("paho-mqtt",),
    "pkg_resources": ("setuptools",),
    "pptx": ("python-pptx",),
    "psycopg2": ("psycopg2-binary", "psycopg2"),
    "pylab": ("matplotlib",),
    "requests_toolbelt": ("requests-toolbelt",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "slugify": ("python-slugify",),
    "socks": ("pysocks",),
    "telegram": ("python-telegram-bot",),
    "usb": ("pyusb",),
    "win32api": ("pywin32",),
    "xlsxwriter": ("xlsxwriter",),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}
WELL_KNOWN_WORDS = """
    aiohttp arrow attrs babel beautifulsoup4 boto3 cachetools certifi charset-normalizer click
    cryptography feedparser flask httpx humanize icalendar idna jinja2 jsonschema lxml markdown
    matplotlib more-itertools networkx numpy openpyxl orjson packaging pandas pendulum phonenumbers
    pillow pint protobuf pycryptodome pydantic pygments pyjwt pyparsing pyserial python-dateutil
    python-slugify pytz pyyaml rapidfuzz regex requests rich scikit-learn scipy simplejson six
    sympy tabulate tenacity toml tomlkit tqdm typing-extensions tzlocal urllib3 xmltodict yarl
"""
WELL_KNOWN = frozenset(WELL_KNOWN_WORDS.split())


def distribution_of(root: str, added: Collection[str]) -> str:
    """Return the package that brings a module; one that was added by hand goes first."""
    offered = DISTRIBUTIONS.get(root, (canonicalize_name(root),))
    return next((name for name in offered if name in added), offered[0])


def lookalike(name: str) -> str | None:
    """Return the well-known package whose name a name could pass for, if there is one."""
    if name in WELL_KNOWN:
        return None
    bare = name.replace("-", "")
    near = [
        known
        for known in sorted(WELL_KNOWN)
        if DamerauLevenshtein.distance(bare, known.replace("-", "")) <= (1 if len(bare) < 8 else 2)
    ]
    return near[0] if near and len(bare) > 3 else None
