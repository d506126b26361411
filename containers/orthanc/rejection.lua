-- Acts on rejection notes as IHE IOCM wants it of an archive, which Orthanc by itself does not: what a
-- note names is out of sight when the note has been answered. Orthanc cannot hide, so this deletes.

-- Titles of CID 7011: quality, patient safety, incorrect worklist entry, retention expired.
local TITLES = { ['113001'] = true, ['113037'] = true, ['113038'] = true, ['113039'] = true }

local function items(ds, sequence)
  return ds[sequence] or {}
end

local function is_note(ds)
  local title = items(ds, 'ConceptNameCodeSequence')[1] or {}
  return ds['Modality'] == 'KO' and title['CodingSchemeDesignator'] == 'DCM'
    and TITLES[title['CodeValue']] == true
end

local function reject(ds)
  for _, study in ipairs(items(ds, 'CurrentRequestedProcedureEvidenceSequence')) do
    for _, series in ipairs(items(study, 'ReferencedSeriesSequence')) do
      for _, object in ipairs(items(series, 'ReferencedSOPSequence')) do
        local found = ParseJson(RestApiPost('/tools/lookup', object['ReferencedSOPInstanceUID']))
        for _, match in ipairs(found) do
          if match['Type'] == 'Instance' then
            RestApiDelete(match['Path'])
          end
        end
      end
    end
  end
end

-- Called before an object is stored and answered. The note itself is stored as any other object.
function ReceivedInstanceFilter(ds, origin)
  if is_note(ds) then
    local done, problem = pcall(reject, ds)
    if not done then
      PrintRecursive('rejection note not carried out: ' .. tostring(problem))
    end
  end
  return true
end
