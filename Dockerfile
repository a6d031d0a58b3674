# One image for every process of ToldOnce. What is built here is the wheel, at the versions of
# constraints.txt; all it needs comes as wheels, so no compiler is ever in an image.
ARG PYTHON=3.11.14-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY constraints.txt ./
RUN pip install --constraint constraints.txt pip && python -m venv --without-pip /opt/toldonce
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY eventlog eventlog
COPY decisions decisions
COPY consumers consumers
COPY projections projections
COPY readers readers
COPY audit audit
COPY cli cli
RUN pip wheel --no-deps --build-constraint constraints.txt --wheel-dir /wheels . \
    && pip --python /opt/toldonce/bin/python install --only-binary :all: \
        --constraint constraints.txt /wheels/*.whl

FROM python:${PYTHON}
RUN groupadd --gid 1000 toldonce \
    && useradd --uid 1000 --gid toldonce --home-dir /var/lib/toldonce --create-home toldonce
COPY --from=build /opt/toldonce /opt/toldonce
ENV PATH=/opt/toldonce/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TOLDONCE_HOME=/var/lib/toldonce \
    TOLDONCE_HTTP_HOST=0.0.0.0
USER 1000:1000
WORKDIR /var/lib/toldonce
EXPOSE 8080
# Of `serve` and `up`; what else runs from this image says by itself how its health is asked.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["toldonce"]
CMD ["up"]
