# One image for every process; the command says which.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends \
        bubblewrap fonts-liberation libgomp1 libreoffice-writer-nogui redis-server \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/transcribe
COPY constraints.txt ./
RUN pip install --no-cache-dir --require-hashes -r constraints.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --uid 10001 --create-home transcribe && mkdir -p /var/lib/transcribe /var/cache/transcribe \
    && chown transcribe /var/lib/transcribe /var/cache/transcribe
USER 10001
ENV TRANSCRIBE_DATA_DIR=/var/lib/transcribe TRANSCRIBE_CACHE_DIR=/var/cache/transcribe PYTHONUNBUFFERED=1
EXPOSE 8000
# Alone, it is the whole service; docker-compose.yml starts its parts one by one.
ENV TRANSCRIBE_HOST=0.0.0.0
CMD ["transcribe", "serve"]
