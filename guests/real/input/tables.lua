local function queens(n)
  local columns, up, down, count = {}, {}, {}, 0
  local function place(row)
    if row > n then count = count + 1 return end
    for column = 1, n do
      if not (columns[column] or up[row + column] or down[row - column]) then
        columns[column], up[row + column], down[row - column] = true, true, true
        place(row + 1)
        columns[column], up[row + column], down[row - column] = nil, nil, nil
      end
    end
  end
  place(1)
  return count
end

local function words(turn)
  local parts = {}
  for i = 1, 6000 do parts[#parts + 1] = string.format('%x:%s', i * turn, ('abc'):rep(i % 4)) end
  local text, seen = table.concat(parts, ' '), {}
  for word in text:gmatch('%x+') do seen[word] = (seen[word] or 0) + 1 end
  local keys = {}
  for key in pairs(seen) do keys[#keys + 1] = key end
  table.sort(keys)
  return #keys, keys[#keys // 2], text:gsub('abc', 'c'):len()
end

for turn = 1, tonumber(arg[1]) do print(queens(7), words(turn)) end
