"""What the notebook's cells leave behind: the façade, step by step; the references are these."""

IMPORTS = """
    import hashlib
    import secrets
    import threading
    import time
    from concurrent.futures import Future, ThreadPoolExecutor, wait
    from contextlib import contextmanager
    from io import BytesIO
    from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
    from pydicom.dataset import Dataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid
    from pynetdicom import build_context, build_role
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route
    from labkit.common.errors import (AssociationError, AssociationRejected, DataError, DimseError,
                                      LabkitError, ResponseTimeout, UsageError)
    from labkit.dicom import sample
    from labkit.dicom.transcode import encoded
    from labkit.dicomweb.dicom_json import to_json
    from labkit.dimse import Receiver, decode_messages, find, identifier, move, store

    BASE = "http://facade/dicom-web"

    def ask(keys, peer=lab.legacy):
        found = find(peer, keys)
        found.raise_for_status()
        return list(found)
"""

RETURNED = """
    RETURNED = {
        "STUDY": ("StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy",
                  "ReferringPhysicianName", "PatientName", "PatientID", "PatientBirthDate",
                  "PatientSex", "StudyInstanceUID", "StudyID", "NumberOfStudyRelatedSeries",
                  "NumberOfStudyRelatedInstances"),
        "SERIES": ("Modality", "SeriesDescription", "SeriesInstanceUID", "SeriesNumber",
                   "NumberOfSeriesRelatedInstances"),
        "IMAGE": ("SOPClassUID", "SOPInstanceUID", "InstanceNumber", "Rows", "Columns",
                  "BitsAllocated", "NumberOfFrames"),
    }
    LEVEL = {"studies": "STUDY", "series": "SERIES", "instances": "IMAGE"}
"""

QUESTION = """
    def keyword(name):
        is_tag = len(name) == 8 and not name.isalpha()
        return keyword_for_tag(int(name, 16)) if is_tag else name

    def question(path, query):
        parts = path.strip("/").split("/")
        keys = dict.fromkeys(RETURNED[LEVEL[parts[-1]]], "")
        for name, value in query:
            if name == "includefield":
                for field in value.split(","):
                    if field != "all":
                        keys.setdefault(keyword(field), "")
            elif name not in ("limit", "offset", "fuzzymatching"):
                key = keyword(name)
                is_uid = dictionary_VR(key) == "UI"
                keys[key] = value.split(",") if is_uid else value
        keys |= dict(zip(("StudyInstanceUID", "SeriesInstanceUID"), parts[1::2]))
        return identifier(LEVEL[parts[-1]], **keys)
"""

ANSWER = """
    def answer_of(match, base):
        json = to_json(match)
        url = base
        for name, key in (("studies", "StudyInstanceUID"), ("series", "SeriesInstanceUID"),
                          ("instances", "SOPInstanceUID")):
            if match.get(key):
                url += f"/{name}/{match.get(key)}"
        for tag in ("00080052", "00080054"):
            json.pop(tag, None)
        json["00081190"] = {"vr": "UR", "Value": [url]}
        return dict(sorted(json.items()))
"""

FILL = """
    def fill(ask, study):
        if study.get("ModalitiesInStudy") and study.get("NumberOfStudyRelatedInstances"):
            return study
        uid = study.StudyInstanceUID
        series = ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="", Modality=""))
        images = [image for each in series
                  for image in ask(identifier("IMAGE", StudyInstanceUID=uid, SOPInstanceUID="",
                                              SeriesInstanceUID=each.SeriesInstanceUID))]
        study.ModalitiesInStudy = sorted({each.Modality for each in series})
        study.NumberOfStudyRelatedSeries = len(series)
        study.NumberOfStudyRelatedInstances = len(images)
        return study
"""

PAGE = """
    def page(answers, limit, offset):
        merged = {}
        for answer in answers:
            for match in answer:
                merged.setdefault(match.StudyInstanceUID, match)
        order = sorted(merged.values(), key=lambda m: m.StudyInstanceUID)
        order.sort(key=lambda m: m.StudyDate, reverse=True)
        return order[offset:offset + limit], max(len(order) - offset - limit, 0)
"""

NEW_STUDY = """
    def new_study():
        uid, series, images = generate_uid(), {}, sample("mr-brain").datasets()[:6]
        for ds in images:
            ds.StudyInstanceUID = uid
            ds.SeriesInstanceUID = series.setdefault(ds.SeriesInstanceUID, generate_uid())
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        store(lab.legacy, images)
        return images

    brain = new_study()
    study = str(brain[0].StudyInstanceUID)
    mr = str(brain[-1].SeriesInstanceUID)
"""

BODY = """
    def body(boundary, objects):
        for ds in objects:
            yield f"\\r\\n--{boundary}\\r\\nContent-Type: application/dicom\\r\\n\\r\\n".encode()
            yield encoded(ds)
        yield f"\\r\\n--{boundary}--\\r\\n".encode()
"""

STATUS = """
    def status_of(outcome):
        if isinstance(outcome, list):
            return (200, {}) if outcome else (404, {})
        if isinstance(outcome, ResponseTimeout):
            return 504, {}
        if isinstance(outcome, AssociationRejected) and outcome.result == 2:
            return 503, {"Retry-After": "5"}
        return 502, {}
"""

CACHE = """
    class Cache:
        def __init__(self):
            self.kept, self.lock = {}, threading.Lock()

        def get(self, key, fetch):
            with self.lock:
                mine = key not in self.kept
                future = self.kept.setdefault(key, Future())
            if mine:
                try:
                    future.set_result(fetch())
                except BaseException as error:
                    with self.lock:
                        del self.kept[key]
                    future.set_exception(error)
            return future.result()
"""

FINGERPRINT = """
    def fingerprint(ask, uid):
        said = [str(match) for match in ask(identifier(
            "STUDY", StudyInstanceUID=uid, PatientName="", PatientID="", PatientBirthDate="",
            PatientSex="", StudyDate="", StudyTime="", AccessionNumber="", StudyDescription=""))]
        for series in ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="")):
            said += [str(image.SOPInstanceUID) for image in ask(identifier(
                "IMAGE", StudyInstanceUID=uid, SeriesInstanceUID=series.SeriesInstanceUID,
                SOPInstanceUID=""))]
        return hashlib.sha256("\\n".join(sorted(said)).encode()).hexdigest()
"""

RETRIEVE = """
    @contextmanager
    def receiving(peer=lab.legacy):
        with Receiver("FACADE") as receiver:
            lab.add_node(receiver.peer)

            def retrieve(study, series=""):
                below = {"SeriesInstanceUID": series} if series else {}
                keys = identifier("SERIES" if series else "STUDY", StudyInstanceUID=study, **below)
                move(peer, keys, "FACADE").raise_for_status()
                named = {"StudyInstanceUID": study, **below}
                return list({ds.SOPInstanceUID: ds for ds in receiver.received
                             if all(ds.get(name) == uid for name, uid in named.items())}.values())

            yield retrieve
"""

AT_ONCE = """
    def at_once(cache, askers):
        start = threading.Barrier(askers)
        with receiving() as retrieve, ThreadPoolExecutor(askers) as threads:
            def asker(_):
                start.wait()
                return cache.get((study, mr), lambda: retrieve(study, mr))
            return list(threads.map(asker, range(askers)))
"""

CORRECTIONS = """
    def correct_name(images):
        lab.withdraw("LEGACY", str(images[0].StudyInstanceUID))
        for ds in images:
            ds.PatientName = "Quillfeather^Tobias^James"
        store(lab.legacy, images)

    def replace_last(images):
        lab.withdraw("LEGACY", images[-1])
        ds = images[-1]
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        store(lab.legacy, ds)
"""

SERVE = """
    def serve(pending, key, fetch, patience):
        if key not in pending:
            pending[key] = pool.submit(fetch)
        future = pending[key]
        wait([future], timeout=patience)
        if not future.done():
            return 503, {"Retry-After": "2"}, []
        try:
            objects = future.result()
        except LabkitError as error:
            pending.pop(key)
            return *status_of(error), []
        return *status_of(objects), objects
"""

WADO = """
    def problem(error, status=502, headers=None):
        detail = getattr(error, "message", str(error))
        return JSONResponse({"status": status, "detail": detail}, status, headers,
                            media_type="application/problem+json")

    def wado(peer):
        def handler(request):
            try:
                with receiving(peer) as retrieve:
                    objects = retrieve(**request.path_params)
            except LabkitError as error:
                return problem(error, *status_of(error))
            if not objects:
                return problem("nothing of this name is here", *status_of(objects))
            boundary = secrets.token_hex(16)
            kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
            return StreamingResponse(body(boundary, objects), media_type=kind)
        return handler
"""

FACADE = """
    def facade(peer):
        def qido(request):
            accept = request.headers.get("accept", "*/*")
            if not any(kind in accept for kind in ("application/dicom+json", "*/*")):
                return Response(status_code=406)
            query = request.query_params.multi_items()
            try:
                keys = question(request.url.path, query)
            except (LabkitError, ValueError, KeyError) as error:
                return problem(error, 400)
            try:
                found = ask(keys, peer)
                if keys.QueryRetrieveLevel == "STUDY":
                    found = [fill(lambda below: ask(below, peer), match) for match in found]
            except LabkitError as error:
                return problem(error, *status_of(error))
            said = dict(query)
            limit, offset = int(said.get("limit", 1000)), int(said.get("offset", 0))
            lowest = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID",
                      "IMAGE": "SOPInstanceUID"}[keys.QueryRetrieveLevel]
            found.sort(key=lambda match: match.get(lowest))
            shown, more = found[offset:offset + limit], max(len(found) - offset - limit, 0)
            if not shown:
                return Response(status_code=204)
            warning = f'299 {BASE} "There are {more} additional results that can be requested"'
            return JSONResponse([answer_of(match, BASE) for match in shown],
                                headers={"Warning": warning} if more else None,
                                media_type="application/dicom+json")

        return Starlette(routes=[
            Route("/studies", qido),
            Route("/studies/{study}/series", qido),
            Route("/studies/{study}/series/{series}/instances", qido),
            Route("/studies/{study}", wado(peer)),
            Route("/studies/{study}/series/{series}", wado(peer)),
        ])
"""
